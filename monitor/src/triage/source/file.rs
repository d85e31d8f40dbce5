//! A capture file, through the same pipeline as `tlsmon replay`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;

use super::agents::write;
use super::collect::Collect;
use crate::capture::pcap::{self, Progress, Source};
use crate::filter::Filter;
use crate::pipeline::{Driver, EventSink, IN_A_ROW, Pipeline, Settings};
use crate::proof::{self, About, Wanted};
use crate::report::{BadId, Event, SCHEMA, Summary};
use crate::triage::news::{Found, News, State};
use crate::triage::record::{self, Record};

/// A capture file and how to read it.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Where it is; `-` is standard input.
    pub(crate) path: PathBuf,
    /// As for a replay.
    pub(crate) settings: Settings,
}

impl File {
    /// What it is called.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name();
        name.map_or_else(
            || "standard input".into(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// Reads it on a thread of its own.
    pub(super) fn start(&self, news: SyncSender<News>) -> std::io::Result<()> {
        let file = self.clone();
        let reading = thread::Builder::new().name("capture file".to_owned());
        reading.spawn(move || file.read(&news)).map(|_thread| ())
    }

    fn read(&self, news: &SyncSender<News>) {
        let source = Source::from_argument(&self.path);
        let lines = Lines {
            news: news.clone(),
            gone: false,
        };
        let mut driver = Driver::new(Pipeline::new(self.settings.clone()), lines);
        let read = pcap::read(source, &mut driver, &mut |progress: Progress| {
            // Nobody is there any more: that is found out at the next event.
            let _ = news.send(News::State(
                0,
                State::Reading(progress.read, progress.total),
            ));
        });
        let (mut lines, pipeline) = driver.finish();
        lines.event(Event::Summary(Box::new(Summary {
            schema: SCHEMA.into(),
            packets: pipeline.packets(),
            ..Summary::default()
        })));
        let state = match read {
            Ok(()) => State::Done,
            Err(error) => State::Failed(in_words(&error)),
        };
        let _ = news.send(News::State(0, state));
    }

    /// Looks for the packets of this handshake, by reading the file again on a thread of its own.
    pub(super) fn fetch(&self, record: Arc<Record>, news: SyncSender<News>) {
        let file = self.clone();
        let reading = thread::Builder::new().name("capture file, again".to_owned());
        let started = reading.spawn(move || {
            let found = file.packets(&record);
            let _ = news.send(News::Packets(record.id.clone(), found));
        });
        // Without a thread the ladder is drawn from the report: nothing else is lost.
        drop(started);
    }

    /// Writes the packets of this handshake to a file of its own, as `tlsmon capture` does.
    pub(super) fn save(&self, record: Arc<Record>, news: SyncSender<News>) {
        let file = self.clone();
        let reading = thread::Builder::new().name("capture file, to save".to_owned());
        let started = reading.spawn(move || {
            let _ = news.send(News::Saved(file.save_now(&record)));
        });
        // Without a thread nothing is saved, and nothing is said to be.
        drop(started);
    }

    fn save_now(&self, record: &Record) -> Result<String, String> {
        let source = Source::from_argument(&self.path);
        if source == Source::Stdin {
            return Err("standard input cannot be read a second time".to_owned());
        }
        let wanted = Wanted {
            ids: vec![
                record
                    .id
                    .parse()
                    .map_err(|error: BadId| error.to_string())?,
            ],
            filter: Filter {
                all: true,
                ..Filter::default()
            },
            limit: 1,
        };
        let found = proof::of_file(&source, self.settings.clone(), &wanted, &mut |_| {});
        let found = found.map_err(|error| in_words(&error))?;
        let found: Vec<_> = found.into_iter().map(Arc::new).collect();
        if found.is_empty() {
            return Err("its packets were not found again".to_owned());
        }
        write(record, &proof::write(&About::default(), &found))
    }

    fn packets(&self, record: &Record) -> Found {
        let source = Source::from_argument(&self.path);
        if source == Source::Stdin {
            return Err("standard input cannot be read a second time".to_owned());
        }
        let mut collect = Collect::of(record);
        let read = pcap::read(source, &mut collect, &mut |_| {});
        match (collect.found(), read) {
            (Err(_), Err(error)) => Err(in_words(&error)),
            (found, _) => found,
        }
    }
}

/// An error with what it comes from.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

/// Sends each event as the line that an agent would send.
struct Lines {
    news: SyncSender<News>,
    gone: bool,
}

impl EventSink for Lines {
    fn event(&mut self, event: Event) {
        self.gone |= self.news.send(News::Line(0, record::line(&event))).is_err();
    }

    fn patience(&self) -> usize {
        IN_A_ROW
    }

    fn wants_more(&self) -> bool {
        !self.gone
    }
}

/// The handshakes of a file with their packets.
#[cfg(test)]
pub(crate) fn ladder_of_file(
    path: &std::path::Path,
) -> Vec<(Arc<Record>, Arc<[crate::triage::news::Packet]>)> {
    let (sender, news) = std::sync::mpsc::sync_channel(10_000);
    let file = File {
        path: path.to_owned(),
        settings: Settings::default(),
    };
    file.read(&sender);
    drop(sender);
    let lines = news.into_iter().filter_map(|news| match news {
        News::Line(_, line) => record::read(&line),
        _ => None,
    });
    let records = lines.filter_map(|said| match said {
        record::Said::Handshake(record) => Some(Arc::new(*record)),
        _ => None,
    });
    records
        .map(|record| {
            let packets = file.packets(&record).unwrap();
            (record, packets)
        })
        .collect()
}
