//! The screen as people see it, without a terminal; and what must hold whatever happens.

use std::sync::Arc;

use super::model::Model;
use super::news::News;
use super::record::{self, Record, Said};
use crate::frame::Timestamp;
use crate::report::example;
use crate::report::{Event, Handshake, Revision};

mod random;
mod screens;

pub(super) use screens::shown;

/// The time at which the tests begin.
const BEGIN: u64 = 1_747_629_980_117_000_000;

fn handshake(second: u64, client: u8, name: Option<&str>, cause: &str) -> Handshake {
    let mut handshake = example::no_sni();
    handshake.time = Timestamp(BEGIN + second * 1_000_000_000);
    let named = name.unwrap_or_default().bytes().chain(cause.bytes());
    let named = named.fold(second * 1000 + u64::from(client), |id, byte| {
        id.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    handshake.id = crate::report::HandshakeId(named);
    handshake.client.address = [10, 138, 0, client].into();
    // Of a capture file, which knows no names.
    for peer in [&mut handshake.client, &mut handshake.server] {
        (peer.pod, peer.namespace, peer.workload) = (None, None, None);
    }
    handshake.node = None;
    if let Some(hello) = &mut handshake.client_hello {
        hello.sni = name.map(Into::into);
    }
    handshake.cause = cause.parse().ok();
    handshake
}

pub(super) fn read(handshake: Handshake) -> Arc<Record> {
    let line = record::line(&Event::Handshake(Box::new(handshake)));
    match record::read(&line) {
        Some(Said::Handshake(record)) => Arc::new(*record),
        other => panic!("{line} was read as {other:?}"),
    }
}

/// A failure at this second, of this client.
pub(super) fn failure(second: u64, client: u8, name: Option<&str>, cause: &str) -> Arc<Record> {
    read(handshake(second, client, name, cause))
}

/// A handshake that was established.
pub(super) fn established(second: u64) -> Arc<Record> {
    let mut established = example::established();
    established.id = crate::report::HandshakeId(second);
    established.time = Timestamp(BEGIN + second * 1_000_000_000);
    read(established)
}

/// The same handshake with another cause.
pub(super) fn revised(record: &Record, cause: &str) -> Arc<Record> {
    let mut revised = record.clone();
    revised.verdict.cause = Some(cause.to_owned());
    Arc::new(revised)
}

fn line(handshake: Handshake) -> News {
    News::Line(0, record::line(&Event::Handshake(Box::new(handshake))))
}

/// A verdict that comes into what is asked for counts, one that leaves it does no more.
#[test]
fn a_revision_may_bring_a_failure_into_the_filter_and_out_of_it() {
    let filter = super::ask::filter("--cause no-sni-rejected").unwrap();
    let mut model = Model::new(&["node".to_owned()], filter, String::new());
    let [first, other] = [1, 2].map(|client| handshake(0, client, None, "unexplained"));
    let is = |handshake: &Handshake, cause: &str| {
        let revision = Revision {
            id: handshake.id,
            cause: cause.parse().unwrap(),
            ..example::revision()
        };
        News::Line(0, record::line(&Event::Revision(Box::new(revision))))
    };
    let news = [
        line(first.clone()),
        line(other.clone()),
        is(&first, "no-sni-rejected"),
        is(&other, "no-sni-rejected"),
        is(&other, "certificate-rejected"),
    ];
    let counted = news.map(|news| {
        model.take(news);
        model.problems.failures
    });
    assert_eq!(counted, [0, 0, 1, 2, 1]);
    assert_eq!(model.problems.len(), 1);
}

#[test]
fn a_line_is_kept_as_it_came() {
    let record = failure(0, 1, None, "no-sni-rejected");
    assert!(record.raw().starts_with("{\"type\":\"handshake\""));
    assert_eq!(record.whole()["id"], *record.id);
}
