//! The form that people read: when, who, why, and what to do.

use std::io::{self, Write};

use super::style::{Role, Style};
use super::summary;
use super::wrap::Wrapped;
use crate::frame::Timestamp;
use crate::report::{Event, Handshake, Loss, Outcome};

pub mod check;
mod clock;
mod failure;
mod parts;
pub mod probe;
mod revised;

pub(crate) use parts::millis;

/// Columns that the time takes, with the blanks behind it.
const INDENT: usize = 14;

/// Writes events for people. It remembers the day, to say it once.
#[derive(Debug)]
pub struct TextWriter {
    style: Style,
    /// Of the event that was written last; days since the Unix epoch.
    day: Option<u64>,
    lines: Wrapped,
}

impl TextWriter {
    /// A writer that has written nothing yet.
    pub const fn new(style: Style) -> Self {
        Self {
            style,
            day: None,
            lines: Wrapped::new(style, INDENT),
        }
    }

    /// Writes one event: a handshake that was established or lost in one line, a failure in three or more.
    pub fn write(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Handshake(handshake) if handshake.outcome == Outcome::Established => {
                self.established(handshake);
            }
            Event::Handshake(handshake) => {
                self.begin(self.style, handshake.time);
                failure::write(handshake, &mut self.lines);
            }
            Event::Revision(revision) => {
                self.begin(self.style, revision.time);
                revised::write(revision, &mut self.lines);
            }
            Event::Loss(loss) => self.loss(loss),
            Event::Summary(summary) => return summary::write_table(summary, &[], self.style, out),
            Event::Probe(probe) => return probe::write(probe, self.style, out),
            Event::Check(check) => return check::write(check, self.style, out),
        }
        self.lines.write(out)
    }

    /// One line, however long: `grep` likes it so.
    fn established(&mut self, handshake: &Handshake) {
        self.begin(self.style.unbroken(), handshake.time);
        let lines = &mut self.lines;
        parts::ends(handshake, lines);
        lines.whole(Role::Good, 2, Outcome::Established.label());
        parts::negotiated(handshake, lines);
        parts::asked_name(handshake, lines);
        parts::certificate(handshake, lines);
        parts::timing(handshake, lines);
        parts::sampling(handshake, lines);
    }

    fn loss(&mut self, loss: &Loss) {
        self.begin(self.style, loss.time);
        let count = format!("lost {}", loss.count);
        let place = format!("at {}: {}", loss.place, loss.reason);
        self.lines
            .text(Role::Warning, 1, &count)
            .text(Role::Plain, 1, &place);
    }

    /// The time of day, after a line with the day where that is a new one.
    fn begin(&mut self, style: Style, time: Timestamp) {
        self.lines.begin(style);
        let day = clock::day(time);
        if self.day.replace(day) != Some(day) {
            let heading = format!("{} UTC", clock::date(time));
            self.lines.lead(Role::Faint, &heading, "\n");
        }
        self.lines
            .lead(Role::Faint, &clock::time_of_day(time), "  ");
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::report::example;
    use crate::report::{Knock, KnockKind, ProxiedPeer, ProxyProtocol, Starttls};

    fn text(handshakes: &[Handshake], style: Style) -> String {
        let mut writer = TextWriter::new(style);
        let mut out = Vec::new();
        for handshake in handshakes {
            let event = Event::Handshake(Box::new(handshake.clone()));
            writer.write(&event, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_failure_says_who_why_and_what_to_do() {
        let expected = "\
2025-05-19 UTC
04:46:20.117  10.138.0.28:19432 -> 10.4.2.7:443 apigee/ingressgateway-ext-dvrcp
              no-sni-rejected (certain)  server RST 0.3 ms after a ClientHello
              without server_name; 37 hellos with SNI completed on this endpoint
              in the last 5 min
              next: send SNI, or enable a wildcard route for non-SNI clients
              tlsmon explain no-sni-rejected
";
        assert_eq!(text(&[example::no_sni()], Style::PLAIN), expected);
    }

    #[test]
    fn a_revision_says_what_is_said_now_and_what_was_said_before() {
        let event = Event::Revision(Box::new(example::revision()));
        let mut out = Vec::new();
        TextWriter::new(Style::PLAIN)
            .write(&event, &mut out)
            .unwrap();
        let expected = "\
2025-05-19 UTC
04:46:23.500  10.138.0.28:19432 -> 10.4.2.7:443 apigee/ingressgateway-ext-dvrcp
              revised: no-sni-rejected (certain), was unexplained  server RST
              0.3 ms after a ClientHello without server_name; 3 hellos with SNI
              completed on this endpoint in the last 5 min
              next: send SNI, or enable a wildcard route for non-SNI clients
              tlsmon explain no-sni-rejected
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn on_a_wide_terminal_a_failure_takes_three_lines() {
        let style = Style {
            width: 200,
            ..Style::PLAIN
        };
        let shown = text(&[example::no_sni()], style);
        assert_eq!(shown.lines().count(), 4, "{shown}");
        assert!(
            shown.ends_with("clients   tlsmon explain no-sni-rejected\n"),
            "{shown}"
        );
    }

    #[test]
    fn an_established_handshake_takes_one_line() {
        let expected = "\
2025-05-19 UTC
04:46:20.117  10.138.0.28:19432 -> 10.4.2.7:443 apigee/ingressgateway-ext-dvrcp  \
established  TLS1.3 TLS_AES_256_GCM_SHA384 X25519MLKEM768  sni api.example.com  alpn h2  \
connect 0.4 ms, client_hello 0.1 ms, server_hello 2.3 ms, finished 11 ms
";
        assert_eq!(text(&[example::established()], Style::PLAIN), expected);
    }

    #[test]
    fn what_stands_around_the_handshake_is_said_beside_the_ends() {
        let mut handshake = example::established();
        let client = ProxiedPeer {
            address: "203.0.113.5".parse().unwrap(),
            port: 40_000,
        };
        handshake.proxy_protocol = Some(ProxyProtocol {
            version: 2,
            client: Some(client),
            server: None,
        });
        handshake.starttls = Some(Starttls::Smtp);
        let shown = text(&[handshake], Style::PLAIN);
        assert!(
            shown.contains("10.138.0.28:19432 for 203.0.113.5:40000 -> 10.4.2.7:443"),
            "{shown}"
        );
        assert!(shown.contains("  starttls smtp"), "{shown}");
    }

    #[test]
    fn the_day_is_said_once_until_it_changes() {
        let mut later = example::no_sni();
        later.time = Timestamp(1_747_699_200_000_000_000);
        let shown = text(&[example::no_sni(), example::no_sni(), later], Style::PLAIN);
        assert_eq!(shown.matches("2025-05-19 UTC").count(), 1);
        assert_eq!(shown.matches("2025-05-20 UTC").count(), 1);
    }

    #[test]
    fn a_failure_without_evidence_still_says_what_was_seen() {
        let mut handshake = example::no_sni();
        handshake.cause = None;
        handshake.confidence = None;
        handshake.evidence.clear();
        handshake.next = None;
        let shown = text(&[handshake], Style::PLAIN);
        assert!(
            shown.contains("failed  reset by server 0.3 ms after the ClientHello"),
            "{shown}"
        );
        assert!(
            shown.contains("; stage\n              client_hello\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_probe_says_whose_it_is_where_that_is_known() {
        let mut handshake = example::no_sni();
        handshake.outcome = Outcome::Probe;
        (handshake.cause, handshake.confidence) = (None, None);
        handshake.evidence.clear();
        handshake.next = None;
        handshake.probe = Some(Knock {
            kind: KnockKind::HealthCheck,
            source: Some("Google Cloud"),
        });
        let shown = text(&[handshake], Style::PLAIN);
        assert!(
            shown.contains("probe (health_check, Google Cloud)  reset by server"),
            "{shown}"
        );
    }

    #[test]
    fn an_alert_without_a_name_shows_its_number() {
        let mut handshake = example::hostile("x");
        handshake.evidence.clear();
        handshake.alerts[0].description = None;
        let shown = text(&[handshake], Style::PLAIN);
        assert!(shown.contains("alert 112 from server"), "{shown}");
    }

    #[rstest]
    #[case::nothing_is_cut(80)]
    #[case::not_even_on_a_narrow_screen(20)]
    #[case::nor_on_none(0)]
    fn every_fact_is_there_at_any_width(#[case] width: usize) {
        let mut handshake = example::plaintext();
        handshake.client.address = "2001:db8:1234:5678:9abc:def0:1234:5678".parse().unwrap();
        handshake.capture.missing = vec!["server: one_sided".to_owned()];
        handshake.capture.sample_rate = 8;
        let shown = text(
            &[handshake],
            Style {
                width,
                ..Style::PLAIN
            },
        );
        let words: Vec<&str> = shown.split_whitespace().collect();
        let shown = words.join(" ");
        for fact in [
            "[2001:db8:1234:5678:9abc:def0:1234:5678]:19432 ->",
            "plaintext-on-tls-port",
            "not seen: server: one_sided",
            "1 in 8 flows is watched",
        ] {
            assert!(shown.contains(fact), "{fact} is missing in {shown}");
        }
    }

    #[test]
    fn no_string_of_a_report_commands_the_terminal() {
        let hostile = "\u{1b}]0;pwned\u{7}\n\u{9b}2J\u{202e}";
        let mut handshake = example::hostile(hostile);
        for outcome in Outcome::ALL {
            handshake.outcome = *outcome;
            let shown = text(&[handshake.clone()], Style::PLAIN);
            let bad = shown
                .chars()
                .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
            assert_eq!(bad, None, "{shown}");
        }
    }
}
