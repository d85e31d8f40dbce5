//! What a run came to: counts by outcome, cause and loss, and who failed most.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;

use super::escape::escape;
use super::style::{Role, Style};
use super::topk::{TopK, most_frequent};
use crate::report::{Event, Handshake, Loss, Revision, SCHEMA, Summary};
use crate::words::counted;

/// Clients that can be counted at the same time.
const CLIENTS_COUNTED: usize = 512;
/// Clients that are shown.
const CLIENTS_SHOWN: usize = 5;
/// Pairs of place and reason that are counted apart; more are counted as `other/other`.
const LOSSES_COUNTED: usize = 64;

/// Counts what passes.
#[derive(Debug)]
pub struct Tally {
    summary: Summary,
    clients: TopK<IpAddr>,
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

impl Tally {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let summary = Summary {
            schema: SCHEMA.into(),
            ..Summary::default()
        };
        Self {
            summary,
            clients: TopK::new(CLIENTS_COUNTED),
        }
    }

    /// Counts one event. Handshakes count once each, whatever the sample rate.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Handshake(handshake) => self.handshake(handshake),
            Event::Revision(revision) => self.revision(revision),
            Event::Loss(loss) => self.loss(loss),
            Event::Summary(_) | Event::Probe(_) | Event::Check(_) => {}
        }
    }

    /// Adds packets that were looked at.
    pub fn add_packets(&mut self, packets: u64) {
        self.summary.packets = self.summary.packets.saturating_add(packets);
    }

    /// Adds what was lost at a place for a reason.
    pub fn add_lost(&mut self, place: &str, reason: &str, count: u64) {
        let lost = &mut self.summary.lost;
        let mut key = format!("{place}/{reason}");
        if lost.len() >= LOSSES_COUNTED && !lost.contains_key(&key) {
            "other/other".clone_into(&mut key);
        }
        let sum = lost.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Whether nothing at all was seen.
    pub fn is_empty(&self) -> bool {
        self.summary.packets == 0 && self.summary.outcomes.is_empty()
    }

    /// The counts so far, as they are emitted.
    pub fn summary(&self) -> Summary {
        self.summary.clone()
    }

    /// Handshakes that failed.
    pub fn failures(&self) -> u64 {
        self.clients.total()
    }

    /// Prints the table for people.
    pub fn print(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let clients = most_frequent(self.clients.iter(), CLIENTS_SHOWN);
        let clients: Vec<_> = clients
            .into_iter()
            .map(|(client, count)| (*client, count))
            .collect();
        write_table(&self.summary, &clients, style, out)
    }

    fn handshake(&mut self, handshake: &Handshake) {
        *self
            .summary
            .outcomes
            .entry(handshake.outcome.label())
            .or_default() += 1;
        if !handshake.is_failure() {
            return;
        }
        let cause = handshake.cause_or_unexplained();
        *self.summary.causes.entry(cause.label()).or_default() += 1;
        self.clients.add(&handshake.client.address, 1);
    }

    /// The failure counts under the cause that is said now.
    fn revision(&mut self, revision: &Revision) {
        let causes = &mut self.summary.causes;
        let before = revision.was.cause.label();
        let Some(count) = causes.get_mut(before).filter(|count| **count > 0) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            causes.remove(before);
        }
        *causes.entry(revision.cause.label()).or_default() += 1;
    }

    fn loss(&mut self, loss: &Loss) {
        self.add_lost(&loss.place, &loss.reason, loss.count);
    }
}

/// Prints a summary as a table; `clients` are those that failed most.
pub(super) fn write_table(
    summary: &Summary,
    clients: &[(IpAddr, u64)],
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let handshakes: u64 = summary.outcomes.values().sum();
    let heading = format!(
        "{} in {}",
        counted(handshakes, "handshake"),
        counted(summary.packets, "packet")
    );
    let mut table = Table { style, out };
    table.heading(&heading)?;
    table.rows(Role::Plain, &in_order(&summary.outcomes))?;
    table.section("failures by cause", Role::Bad, &in_order(&summary.causes))?;
    let clients: Vec<_> = clients
        .iter()
        .map(|(client, count)| (client.to_string(), *count))
        .collect();
    table.section("clients that failed most", Role::Plain, &clients)?;
    table.section("not seen", Role::Warning, &in_order(&summary.lost))
}

/// Most frequent first.
fn in_order<K: AsRef<str>>(counts: &BTreeMap<K, u64>) -> Vec<(String, u64)> {
    let rows = counts.iter().filter(|(_, count)| **count > 0);
    most_frequent(
        rows.map(|(name, count)| (escape(name.as_ref()).into_owned(), *count)),
        usize::MAX,
    )
}

struct Table<'a> {
    style: Style,
    out: &'a mut dyn Write,
}

impl Table<'_> {
    fn section(&mut self, heading: &str, role: Role, rows: &[(String, u64)]) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.heading(heading)?;
        self.rows(role, rows)
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.style.paint(Role::Strong, text))
    }

    fn rows(&mut self, role: Role, rows: &[(String, u64)]) -> io::Result<()> {
        for (name, count) in rows {
            let padded = format!("{name:<34}");
            writeln!(
                self.out,
                "  {} {count:>10}",
                self.style.paint(role, &padded)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn the_table_says_how_many_why_who_and_what_was_lost() {
        let mut tally = Tally::new();
        tally.add_packets(3405);
        for event in example::events() {
            tally.observe(&event);
        }
        tally.observe(&Event::Handshake(Box::new(example::no_sni())));
        let mut out = Vec::new();
        tally.print(Style::PLAIN, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
        assert_eq!(tally.failures(), 3);
    }

    #[test]
    fn a_failure_counts_under_the_cause_that_was_said_last() {
        let mut tally = Tally::new();
        let mut first = example::no_sni();
        first.cause = Some(example::revision().was.cause);
        tally.observe(&Event::Handshake(Box::new(first)));
        tally.observe(&Event::Revision(Box::new(example::revision())));
        assert_eq!(tally.summary().causes, [("no-sni-rejected", 1)].into());
        assert_eq!(tally.failures(), 1);
    }

    #[test]
    fn a_hundred_thousand_clients_and_reasons_take_bounded_room() {
        let mut tally = Tally::new();
        let mut handshake = example::no_sni();
        for number in 0..100_000_u32 {
            handshake.client.address = IpAddr::from(number.to_be_bytes());
            tally.observe(&Event::Handshake(Box::new(handshake.clone())));
            tally.add_lost("kernel", &number.to_string(), 1);
        }
        let summary = tally.summary();
        assert_eq!(summary.causes["no-sni-rejected"], 100_000);
        assert_eq!(summary.lost.values().sum::<u64>(), 100_000);
        assert!(summary.lost.len() <= LOSSES_COUNTED + 1);
        assert!(tally.clients.iter().count() <= CLIENTS_COUNTED);
    }
}
