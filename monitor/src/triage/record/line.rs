//! A line of JSON, read as far as a list shows it: the rest is read when a person asks for it.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::{End, Ended, Record, Revised, Verdict};
use crate::frame::Timestamp;

/// The longest line that is believed.
pub(crate) const MAX_LINE: usize = 256 * 1024;

/// What a line of the stream says.
#[derive(Debug)]
pub(crate) enum Said {
    /// A handshake.
    Handshake(Box<Record>),
    /// A verdict that was changed.
    Revision(Box<Revised>),
    /// So many packets, flows or events were not seen: where, why, how many.
    Loss(String, u64),
    /// What a capture file came to: the packets in it.
    Summary(u64),
    /// Something of which this version knows nothing.
    Other,
}

/// Every field of a line that is looked at before a person asks for more.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    id: Option<String>,
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    node: Option<String>,
    client: Option<End>,
    server: Option<End>,
    proxy_protocol: Option<Proxy>,
    client_hello: Option<Hello>,
    server_hello: Option<Answer>,
    stage: Option<String>,
    outcome: Option<String>,
    ended: Option<Ended>,
    cause: Option<String>,
    confidence: Option<String>,
    #[serde(default)]
    evidence: Vec<String>,
    next: Option<String>,
    was: Option<Was>,
    #[serde(rename = "where")]
    place: Option<String>,
    reason: Option<String>,
    count: Option<u64>,
    packets: Option<u64>,
}

#[derive(Deserialize)]
struct Proxy {
    client: Option<ProxiedClient>,
}

#[derive(Deserialize)]
struct ProxiedClient {
    address: IpAddr,
    port: u16,
}

#[derive(Deserialize)]
struct Hello {
    sni: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    version: Option<String>,
    cipher_suite_name: Option<String>,
}

#[derive(Deserialize)]
struct Was {
    cause: String,
}

/// Reads a line; none when it is no JSON object of this kind.
pub(crate) fn read(text: &str) -> Option<Said> {
    if text.len() > MAX_LINE {
        return None;
    }
    let line: Line<'_> = serde_json::from_str(text).ok()?;
    Some(match &*line.kind {
        "handshake" => Said::Handshake(Box::new(handshake(line, text)?)),
        "revision" => Said::Revision(Box::new(Revised {
            id: line.id?,
            before: line.was?.cause,
            verdict: Verdict {
                cause: line.cause,
                confidence: line.confidence,
                evidence: line.evidence,
                next: line.next,
            },
        })),
        "loss" => {
            let place = format!("{}/{}", line.place?, line.reason?);
            Said::Loss(place, line.count.unwrap_or(0))
        }
        "summary" => Said::Summary(line.packets.unwrap_or(0)),
        _ => Said::Other,
    })
}

fn handshake(line: Line<'_>, text: &str) -> Option<Record> {
    let proxied = line.proxy_protocol.and_then(|header| header.client);
    let answer = line.server_hello;
    Some(Record {
        id: line.id?,
        source: 0,
        time: time(&line.time?)?,
        node: line.node,
        client: line.client?,
        proxied: proxied.map(|client| SocketAddr::new(client.address, client.port)),
        server: line.server?,
        sni: line.client_hello.and_then(|hello| hello.sni),
        outcome: line.outcome?.parse().ok(),
        stage: line.stage.unwrap_or_default(),
        ended: line.ended.unwrap_or_default(),
        verdict: Verdict {
            cause: line.cause,
            confidence: line.confidence,
            evidence: line.evidence,
            next: line.next,
        },
        before: line.was.map(|was| was.cause),
        negotiated: answer.map(|answer| {
            let parts = [answer.version, answer.cipher_suite_name];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }),
        raw: text.trim_end().into(),
    })
}

fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok().map(Timestamp)
}

/// A line of this event, as an agent sends it.
pub(crate) fn line(event: &crate::report::Event) -> String {
    let mut out = Vec::new();
    // Writing into memory cannot fail.
    let _ = crate::sink::json::write(event, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Event;
    use crate::report::example;

    #[test]
    fn every_event_that_is_sent_can_be_read() {
        for event in example::events() {
            let said = read(&line(&event)).unwrap();
            match (&event, said) {
                (Event::Handshake(sent), Said::Handshake(read)) => {
                    assert_eq!(read.id, sent.id.to_string());
                    assert_eq!(read.time.0 / 1000, sent.time.0 / 1000);
                    assert_eq!(read.is_failure(), sent.is_failure());
                    assert_eq!(read.sni.as_deref(), sent.sni().map(|name| &**name));
                    assert_eq!(read.server.address, Some(sent.server.address));
                }
                (Event::Revision(sent), Said::Revision(read)) => {
                    assert_eq!(read.verdict.evidence, sent.evidence);
                    assert_eq!(read.before, sent.was.cause.label());
                }
                (Event::Loss(sent), Said::Loss(place, count)) => {
                    assert_eq!(place, format!("{}/{}", sent.place, sent.reason));
                    assert_eq!(count, sent.count);
                }
                (Event::Summary(sent), Said::Summary(packets)) => assert_eq!(packets, sent.packets),
                (Event::Probe(_) | Event::Check(_), Said::Other) => {}
                (sent, read) => panic!("{sent:?} was read as {read:?}"),
            }
        }
    }

    #[test]
    fn words_of_another_version_are_kept_and_shown() {
        let event = Event::Handshake(Box::new(example::no_sni()));
        let text = line(&event).replace("no-sni-rejected", "cause-of-tomorrow");
        let Some(Said::Handshake(record)) = read(&text) else {
            panic!("not read");
        };
        assert_eq!(record.word(), "cause-of-tomorrow");
        assert!(record.is_failure());
        assert_eq!(record.told().cause, None);
    }

    #[test]
    fn a_handshake_that_is_told_as_it_was_revised_says_what_was_said_before() {
        let text = line(&Event::Handshake(Box::new(example::no_sni())));
        let was = r#""was":{"cause":"unexplained","confidence":"possible"},"outcome""#;
        let text = text.replace("\"outcome\"", was);
        let Some(Said::Handshake(record)) = read(&text) else {
            panic!("not read: {text}");
        };
        assert_eq!(record.before.as_deref(), Some("unexplained"));
    }

    #[test]
    fn what_is_no_report_is_none() {
        let long = format!("{{\"type\":\"{}\"}}", "x".repeat(MAX_LINE));
        for text in ["", "{", "[]", "null", "{\"type\":\"handshake\"}", &long] {
            assert!(read(text).is_none(), "{}", text.len());
        }
        assert!(matches!(read("{\"type\":\"tomorrow\"}"), Some(Said::Other)));
    }
}
