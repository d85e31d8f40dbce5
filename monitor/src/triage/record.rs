//! A handshake, as a line of `tlsmon/v1` tells it.
//!
//! Every source speaks the same JSON, one that may be of another version: what is not known is kept as its text.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde_json::Value;

use crate::filter::Told;
use crate::frame::Timestamp;
use crate::report::{Cause, Outcome};

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

/// A handshake that can be shown.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The same in every report of this handshake.
    pub(crate) id: String,
    /// When its connection was first seen.
    pub(crate) time: Timestamp,
    /// Which source told of it.
    pub(crate) source: super::news::SourceId,
    /// Who watched.
    pub(crate) node: Option<String>,
    /// Who opened the connection.
    pub(crate) client: End,
    /// Whom a proxy speaks for.
    pub(crate) proxied: Option<SocketAddr>,
    /// Who was asked.
    pub(crate) server: End,
    /// The name that the client asked for.
    pub(crate) sni: Option<String>,
    /// What became of it; none when the word is not known.
    pub(crate) outcome: Option<Outcome>,
    /// How far it came.
    pub(crate) stage: String,
    /// Who ended it and how.
    pub(crate) ended: Ended,
    /// What is said of it now.
    pub(crate) verdict: Verdict,
    /// What was said before, where that was revised.
    pub(crate) before: Option<String>,
    /// The version and suite that were negotiated.
    pub(crate) negotiated: Option<String>,
    /// The whole line.
    raw: Box<str>,
}

/// Why it failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Verdict {
    /// The word.
    pub(crate) cause: Option<String>,
    /// How sure it is.
    pub(crate) confidence: Option<String>,
    /// What it rests on.
    pub(crate) evidence: Vec<String>,
    /// What to do.
    pub(crate) next: Option<String>,
}

/// A verdict that was changed.
#[derive(Debug)]
pub(crate) struct Revised {
    /// Of which handshake.
    pub(crate) id: String,
    /// What is said now.
    pub(crate) verdict: Verdict,
    /// What was said before.
    pub(crate) before: String,
}

/// Who ended it and how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ended {
    /// Who.
    pub(crate) by: String,
    /// How.
    pub(crate) how: String,
    /// Milliseconds after the ClientHello, else after the SYN.
    pub(crate) after_ms: Option<f64>,
}

/// One end of a connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct End {
    /// Its address.
    pub(crate) address: Option<IpAddr>,
    /// Its port.
    pub(crate) port: u16,
    /// The pod.
    pub(crate) pod: Option<String>,
    /// Its namespace.
    pub(crate) namespace: Option<String>,
    /// The workload that it belongs to.
    pub(crate) workload: Option<String>,
    /// The Service that was asked for.
    pub(crate) service: Option<String>,
}

impl End {
    /// `address:port`.
    pub(crate) fn socket(&self) -> String {
        match self.address {
            Some(address) => SocketAddr::new(address, self.port).to_string(),
            None => format!("?:{}", self.port),
        }
    }

    /// The endpoint, as metrics call it: `namespace/workload` where pods are known, else `address:port`.
    pub(crate) fn label(&self) -> String {
        let name = self.workload.as_ref().or(self.pod.as_ref());
        match (&self.namespace, name.or(self.service.as_ref())) {
            (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
            (None, Some(name)) => name.clone(),
            _ => self.socket(),
        }
    }

    /// The same for a client, whose port says nothing.
    pub(crate) fn who(&self) -> String {
        let label = self.label();
        match self.address {
            Some(address) if label == self.socket() => address.to_string(),
            _ => label,
        }
    }
}

impl Record {
    /// Whether this is a failure, by the rule of reports.
    pub(crate) fn is_failure(&self) -> bool {
        match self.outcome {
            Some(Outcome::Failed) => true,
            Some(Outcome::NotTls) => self.verdict.cause.is_some(),
            _ => false,
        }
    }

    /// The word that stands for its end: the cause of a failure, else the outcome.
    pub(crate) fn word(&self) -> &str {
        match (&self.verdict.cause, self.outcome) {
            (Some(cause), _) => cause,
            (None, Some(Outcome::Failed)) => Cause::Unexplained.label(),
            (None, Some(outcome)) => outcome.label(),
            (None, None) => "(unknown outcome)",
        }
    }

    /// What a filter looks at.
    pub(crate) fn told(&self) -> Told<'_> {
        let ends = [&self.client, &self.server];
        let proxied = self.proxied.map(|client| client.ip());
        Told {
            outcome: self.outcome.unwrap_or(Outcome::Incomplete),
            is_failure: self.is_failure(),
            cause: self
                .verdict
                .cause
                .as_ref()
                .and_then(|word| word.parse().ok()),
            clients: [self.client.address, proxied],
            server: self.server.address,
            ends: ends.map(|end| (end.namespace.as_deref(), end.pod.as_deref())),
            sni: self.sni.as_deref(),
        }
    }

    /// The same handshake, with what is said of it now.
    pub(crate) fn revised(&self, revised: &Revised) -> Self {
        Self {
            verdict: revised.verdict.clone(),
            before: Some(revised.before.clone()),
            ..self.clone()
        }
    }

    /// All that was said of it.
    pub(crate) fn whole(&self) -> Value {
        serde_json::from_str(&self.raw).unwrap_or_default()
    }

    /// The line that it came as.
    #[cfg(test)]
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }
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
        before: None,
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
    fn what_is_no_report_is_none() {
        let long = format!("{{\"type\":\"{}\"}}", "x".repeat(MAX_LINE));
        for text in ["", "{", "[]", "null", "{\"type\":\"handshake\"}", &long] {
            assert!(read(text).is_none(), "{}", text.len());
        }
        assert!(matches!(read("{\"type\":\"tomorrow\"}"), Some(Said::Other)));
    }
}
