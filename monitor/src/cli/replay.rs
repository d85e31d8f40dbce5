//! `tlsmon replay`: capture files through the same pipeline as a live run.

use std::io::{BufWriter, StdoutLock, Write};
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::options::ReportArgs;
use super::{CliError, Exit, Global};
use crate::capture::pcap::{self, Progress, Source};
use crate::filter::Filter;
use crate::pipeline::{Driver, EventSink, IN_A_ROW, Pipeline, Ports, Settings};
use crate::ports::PortSet;
use crate::report::Event;
use crate::sink::printer::{Format, PrintError, Printer};
use crate::sink::style::Style;
use crate::sink::summary::Tally;

/// What to read, and what to print of it.
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// Capture files: pcap or pcapng, plain, gzip or zstd; "-" reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Watch these ports only, as in 443,8443,9000-9100; all that speak TLS when left out
    #[arg(long, env = "TLSMON_PORT", value_name = "SET")]
    port: Option<PortSet>,
    #[command(flatten)]
    report: ReportArgs,
}

pub(super) fn replay(args: &ReplayArgs, global: &Global) -> Result<Exit, CliError> {
    let filter = Filter::from(args.report.filter.clone());
    if filter.asks_for_names() {
        return Err(CliError::NoNames);
    }
    let stdout = Style {
        color: global.color.enabled(&std::io::stdout()),
        ..Style::default()
    };
    let stderr = Style {
        color: global.color.enabled(&std::io::stderr()),
        ..Style::default()
    };
    let mut printing = Printing {
        printer: Printer::new(args.report.output.form, stdout),
        filter,
        tally: Tally::new(),
        out: BufWriter::with_capacity(64 * 1024, std::io::stdout().lock()),
    };
    let mut worst = Ok(());
    for file in &args.files {
        let pipeline = Pipeline::new(settings(args));
        // A file that cannot be read to its end does not keep the others from being read.
        match one(file, pipeline, &mut printing) {
            Err(error @ CliError::Print(_)) => return Err(error),
            Err(error) => {
                error.report();
                worst = Err(());
            }
            Ok(()) => {}
        }
    }
    if worst.is_err() && printing.tally.is_empty() {
        return Ok(Exit::BadInput);
    }
    let failures = printing.finish(args.report.output.form, stderr)?;
    Ok(worst.map_or(Exit::BadInput, |()| Exit::after(failures, args.report.fail)))
}

fn settings(args: &ReplayArgs) -> Settings {
    Settings {
        ports: args.port.clone().map_or(Ports::Any, Ports::Set),
        deadlines: args.report.deadlines(),
        ..Settings::default()
    }
}

fn one(
    file: &std::path::Path,
    pipeline: Pipeline,
    printing: &mut Printing<'_>,
) -> Result<(), CliError> {
    let bar = progress_bar();
    let printed = Printed {
        printing,
        failed: None,
    };
    let mut driver = Driver::new(pipeline, printed);
    let read = pcap::read(Source::from_argument(file), &mut driver, &mut |progress| {
        show(&bar, progress);
    });
    bar.finish_and_clear();
    let (printed, pipeline) = driver.finish();
    printed.printing.tally.add_packets(pipeline.packets());
    match printed.failed {
        Some(error) => Err(error.into()),
        None => Ok(read?),
    }
}

/// Where printed events go.
struct Printing<'a> {
    printer: Printer,
    filter: Filter,
    tally: Tally,
    out: BufWriter<StdoutLock<'a>>,
}

impl Printing<'_> {
    fn event(&mut self, event: &Event) -> Result<(), PrintError> {
        self.tally.observe(event);
        if self.filter.passes(event) {
            self.printer.print(event, &mut self.out)
        } else {
            Ok(())
        }
    }

    /// Prints the summary: as data for programs, as a table on stderr for people. Gives the number of failures.
    fn finish(&mut self, format: Format, talk: Style) -> Result<u64, PrintError> {
        if format == Format::Json {
            let summary = Event::Summary(Box::new(self.tally.summary()));
            self.printer.print(&summary, &mut self.out)?;
        }
        self.out.flush()?;
        if format == Format::Text {
            self.tally.print(talk, &mut std::io::stderr().lock())?;
        }
        Ok(self.tally.failures())
    }
}

/// Prints events until that fails.
struct Printed<'a, 'b> {
    printing: &'a mut Printing<'b>,
    failed: Option<PrintError>,
}

impl EventSink for Printed<'_, '_> {
    fn event(&mut self, event: Event) {
        if self.failed.is_none() {
            self.failed = self.printing.event(&event).err();
        }
    }

    fn patience(&self) -> usize {
        IN_A_ROW
    }

    /// Somebody may be watching.
    fn paused(&mut self) {
        if self.failed.is_none() {
            let flushed = self.printing.out.flush();
            self.failed = flushed.err().map(PrintError::from);
        }
    }

    fn wants_more(&self) -> bool {
        self.failed.is_none()
    }
}

/// A bar on a terminal, for files that take long enough to see it.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    if let Some(total) = progress.total {
        bar.set_length(total);
    }
    bar.set_position(progress.read);
}
