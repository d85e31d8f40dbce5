//! `tlsmon run`: watches this host's handshakes, live.
//!
//! ```text
//! main thread    kernel ring --> Frames --> pipeline --> Events --> metrics, tally, queue
//! log thread     queue --> stdout
//! http thread    /metrics, /healthz, /readyz, /api/v1
//! names thread   Kubernetes API --> who has which address, which the main thread asks
//! ```

mod agent;
mod http;
#[cfg(feature = "kubernetes")]
mod names;
mod options;
mod proof;
mod stop;

use std::sync::Arc;
use std::time::Duration;

use agent::Agent;
use http::Http;
#[cfg(feature = "kubernetes")]
use names::Names;
pub(crate) use options::RunArgs;
use stop::Stop;

use super::{CliError, Exit, Global};
use crate::capture::live::Live;
use crate::pipeline::{Driver, Pipeline};
use crate::report::Event;
use crate::server::{Place, Readiness, ServerState};
use crate::sink::baselines::Baselines;
use crate::sink::fanout::Fanout;
use crate::sink::feed::Feed;
use crate::sink::lately::Lately;
use crate::sink::metrics::Metrics;
use crate::sink::printer::{Format, PrintError, Printer};
use crate::sink::queue::Queue;
use crate::sink::recent::Recent;
use crate::sink::style::Style;
use crate::sink::summary::Tally;

/// How many events may wait for a slow reader of stdout.
const QUEUE: usize = 4096;
/// How long the output may take to print what waits, at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Watches until a signal or the reader of the output ends it.
pub(super) fn run(args: &RunArgs, global: &Global) -> Result<Exit, CliError> {
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"))?);
    let readiness = Readiness::waiting_for("the kernel programs are not attached yet");
    // The port is taken first: a clash must be told before anything touches the network, unless it is to be waited for. Threads start only after the
    // privileges are gone, for each thread has its own.
    let http = Http::bind(args)?;
    let api = http.api().cloned();
    #[cfg(feature = "kubernetes")]
    let names = Names::find(args)?;
    let mut live = Live::open(&args.live(global.verbose))?;
    live.drop_privileges()?;
    let stop = Stop::on_signals()?;
    let recent = Arc::new(Recent::default());
    let lately = Arc::new(Lately::default());
    let baselines = Arc::new(Baselines::default());
    let feed = Arc::new(Feed::default());
    let (proofs, recorder) = args.proof.recorder();
    let served = http.serve(ServerState {
        metrics: Arc::clone(&metrics),
        readiness: readiness.clone(),
        recent: Arc::clone(&recent),
        lately: Arc::clone(&lately),
        baselines: Arc::clone(&baselines),
        feed: Arc::clone(&feed),
        proofs: proofs.clone(),
    })?;
    #[cfg(feature = "kubernetes")]
    let enricher = names.ask(args)?;
    #[cfg(not(feature = "kubernetes"))]
    let enricher = crate::enrich::Enricher::default();
    let fanout = Fanout {
        filter: args.report.filter.clone().into(),
        metrics,
        tally: Tally::new(),
        recent,
        proofs,
        lately,
        feed,
        queue: queue(args, global)?,
    };
    let agent = Agent::new(enricher, fanout, live.counters(), &stop, readiness)
        .recording(recorder)
        .telling(baselines);
    let mut driver = Driver::new(Pipeline::new(args.pipeline()), agent);
    announce(&live, args, api.as_ref());
    live.run(&mut driver, stop.flag())?;
    let (agent, pipeline) = driver.finish();
    let fanout = agent.finish(&pipeline);
    // Leaving hundreds of interfaces takes seconds: what was found is told first.
    let failures = finish(fanout, pipeline.packets(), args, global);
    drop(live);
    drop(served);
    let failures = failures?;
    stop.re_raise()?;
    Ok(Exit::after(failures, args.report.fail))
}

/// Says on stderr what is watched and where to ask, unless told to be quiet.
fn announce(live: &Live, args: &RunArgs, api: Option<&Place>) {
    if args.quiet {
        return;
    }
    let names = watched(live);
    let port = &args.port;
    let served = served(args.listen.0.as_ref(), api);
    #[expect(
        clippy::print_stderr,
        reason = "stderr is where the agent talks to people"
    )]
    {
        eprintln!("watching {names} for TLS on port {port}{served}");
    }
}

/// Where metrics and the API are. Where others can reach the one and not the other, the help line says how.
fn served(listen: Option<&Place>, api: Option<&Place>) -> String {
    let url = |place: &Place| match place {
        Place::Tcp(address) if api == Some(place) && !place.is_here() => {
            format!("https://{address}")
        }
        Place::Tcp(address) => format!("http://{address}"),
        Place::Unix(_) => place.to_string(),
    };
    let metrics = listen.map(|place| format!("; metrics on {}/metrics", url(place)));
    let elsewhere = api.map(|place| format!("; API on {}/api/v1", url(place)));
    let is_shut = listen.is_some_and(|place| !place.is_here()) && api.is_none_or(Place::is_here);
    let help = "\nhelp: the API answers this host only; --api-listen with --api-token-file, --tls-cert and --tls-key offers it elsewhere";
    [metrics, elsewhere, is_shut.then(|| help.to_owned())]
        .into_iter()
        .flatten()
        .collect()
}

/// The interfaces by name, the first few of many.
fn watched(live: &Live) -> String {
    const MOST: usize = 8;
    let all: Vec<_> = live
        .interfaces()
        .map(|interface| interface.name.as_str())
        .collect();
    match all.split_at_checked(MOST) {
        None if all.is_empty() => "for pods to come,".to_owned(),
        None | Some((_, [])) => all.join(", "),
        Some((first, more)) => format!("{} and {} more", first.join(", "), more.len()),
    }
}

/// Where printed events go; nowhere when nothing is printed.
fn queue(args: &RunArgs, global: &Global) -> Result<Option<Queue>, CliError> {
    if args.quiet {
        return Ok(None);
    }
    let stdout = std::io::stdout();
    let style = Style {
        color: global.color.enabled(&stdout),
        ..Style::default()
    };
    let printer = Printer::new(args.report.output.form, style);
    let queue = Queue::start(QUEUE, printer, Box::new(stdout));
    queue.map(Some).map_err(|source| CliError::System {
        doing: "start the thread that prints",
        source,
    })
}

/// Says what the run came to: as data for programs, as a table on stderr for people. Gives the number of failures.
fn finish(
    mut fanout: Fanout,
    packets: u64,
    args: &RunArgs,
    global: &Global,
) -> Result<u64, PrintError> {
    fanout.tally.add_packets(packets);
    let summary = Event::Summary(Box::new(fanout.tally.summary()));
    if let Some(queue) = fanout.queue {
        if args.report.output.form == Format::Json {
            let _ = queue.offer(Arc::new(summary));
        }
        queue.finish(PATIENCE)?;
    }
    if args.report.output.form == Format::Text {
        let stderr = std::io::stderr();
        let style = Style {
            color: global.color.enabled(&stderr),
            ..Style::default()
        };
        fanout.tally.print(style, &mut stderr.lock())?;
    }
    Ok(fanout.tally.failures())
}
