//! Connections to one endpoint, one after the other, and what is said about them.

use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Cause, Confidence, Event};
use monitor::wire::Flags;

use super::frames::OwnedFrame;
use super::talk::Talk;

/// What a client offers.
#[derive(Clone, Copy, Debug)]
pub struct Hello<'a> {
    pub sni: Option<&'a str>,
    /// supported_versions; without, it offers all up to TLS 1.2.
    pub versions: &'a [u16],
    pub suites: &'a [u16],
    pub groups: &'a [u16],
    pub schemes: &'a [u16],
}

/// What most clients offer: TLS 1.2 and 1.3.
pub const USUAL: Hello<'_> = Hello {
    sni: None,
    versions: &[0x0304, 0x0303],
    suites: &[0x1301, 0x1302, 0xc02f],
    groups: &[29, 23],
    schemes: &[0x0403, 0x0804, 0x0401],
};

/// The usual hello, for this name.
pub fn named(sni: &str) -> Hello<'_> {
    Hello {
        sni: Some(sni),
        ..USUAL
    }
}

impl Hello<'_> {
    /// A record with the ClientHello.
    pub fn record(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        if let Some(name) = self.sni {
            let entry = [&[0][..], &vec16(name.as_bytes())].concat();
            extensions.push((0_u16, vec16(&entry)));
        }
        if !self.versions.is_empty() {
            extensions.push((43, vec8(&codes(self.versions))));
        }
        extensions.push((10, vec16(&codes(self.groups))));
        extensions.push((13, vec16(&codes(self.schemes))));
        let head = [&[3, 3][..], &[7; 32], &[0]].concat();
        let suites = vec16(&codes(self.suites));
        hello(1, &[&head[..], &suites, &[1, 0]].concat(), &extensions)
    }
}

/// A record with a ServerHello of TLS 1.3.
pub fn server_hello(suite: u16, group: u16) -> Vec<u8> {
    let share = [&group.to_be_bytes()[..], &vec16(&[5; 32])].concat();
    let extensions = [(43, vec![3, 4]), (51, share)];
    hello(2, &answer(suite), &extensions)
}

/// A record with a ServerHello of TLS 1.2.
pub fn older_server_hello(suite: u16) -> Vec<u8> {
    hello(2, &answer(suite), &[(0xff01, vec![0])])
}

fn answer(suite: u16) -> Vec<u8> {
    let head = [&[3, 3][..], &[9; 32], &[0]].concat();
    [&head[..], &suite.to_be_bytes(), &[0]].concat()
}

/// A record with a handshake message of this kind.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
    record(22, &[&[kind][..], &length, body].concat())
}

fn hello(kind: u8, fixed: &[u8], extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let extension =
        |(kind, content): &(u16, Vec<u8>)| [&kind.to_be_bytes()[..], &vec16(content)].concat();
    let block: Vec<u8> = extensions.iter().flat_map(extension).collect();
    message(kind, &[fixed, &vec16(&block)].concat())
}

pub fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &vec16(content)].concat()
}

/// A fatal alert.
pub fn alert(description: u8) -> Vec<u8> {
    record(21, &[2, description])
}

fn codes(codes: &[u16]) -> Vec<u8> {
    codes.iter().flat_map(|code| code.to_be_bytes()).collect()
}

fn vec8(content: &[u8]) -> Vec<u8> {
    [&[u8::try_from(content.len()).unwrap()][..], content].concat()
}

fn vec16(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], content].concat()
}

/// Connections from one client after the other to 198.51.100.7:443, a second apart.
#[derive(Debug)]
pub struct Scene {
    pub frames: Vec<OwnedFrame>,
    now: u64,
    port: u16,
    client: u8,
    /// Where the client's stream begins: a port that is used again has another place for it.
    isn: u32,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            now: 1_700_000_000_000_000_000,
            port: 10_000,
            client: 1,
            isn: 1_000,
        }
    }
}

impl Scene {
    /// Another client, for what follows.
    pub fn client(&mut self, last: u8) -> &mut Self {
        self.client = last;
        self
    }

    /// So much later.
    pub fn seconds(&mut self, seconds: u64) -> &mut Self {
        self.now += seconds * 1_000_000_000;
        self
    }

    /// The client's port is that of the connection before.
    pub fn same_port(&mut self) -> &mut Self {
        self.port -= 1;
        self
    }

    /// A connection that is opened, and goes on like this.
    pub fn connection(&mut self, goes_on: impl FnOnce(&mut Talk)) -> &mut Self {
        self.conversation(|talk| {
            talk.open();
            goes_on(talk);
        })
    }

    /// A hello that is answered, and a handshake that is established: TLS 1.3.
    pub fn completes(&mut self, hello: Hello<'_>) -> &mut Self {
        self.answers(hello, &server_hello(0x1301, 29))
    }

    /// The same with another ServerHello of TLS 1.3.
    pub fn answers(&mut self, hello: Hello<'_>, answer: &[u8]) -> &mut Self {
        self.connection(|talk| {
            talk.says(&hello.record());
            let flight = [
                record(20, &[1]),
                record(23, &[0; 600]),
                record(23, &[0; 53]),
            ];
            talk.answers(&[answer, &flight.concat()].concat());
            talk.says(&[record(20, &[1]), record(23, &[0; 53])].concat());
            talk.answers(&record(23, &[0; 250]));
        })
    }

    /// A hello that the server resets.
    pub fn resets(&mut self, hello: Hello<'_>) -> &mut Self {
        self.connection(|talk| {
            talk.says(&hello.record());
            talk.server(Flags::RST | Flags::ACK, b"");
        })
    }

    /// A hello that the server refuses with an alert.
    pub fn alerts(&mut self, hello: Hello<'_>, description: u8) -> &mut Self {
        self.connection(|talk| {
            talk.says(&hello.record());
            talk.answers(&alert(description));
        })
    }

    /// A hello, and the client is gone at once.
    pub fn is_left(&mut self, hello: Hello<'_>) -> &mut Self {
        self.connection(|talk| {
            talk.says(&hello.record());
            talk.client(Flags::RST | Flags::ACK, b"");
        })
    }

    /// A connection that the server refuses.
    pub fn refuses(&mut self) -> &mut Self {
        self.conversation(|talk| {
            talk.client(Flags::SYN, b"");
            talk.client_seq += 1;
            talk.server(Flags::RST | Flags::ACK, b"");
        })
    }

    fn conversation(&mut self, takes_place: impl FnOnce(&mut Talk)) -> &mut Self {
        let mut talk = Talk::to(443);
        talk.now = self.now;
        talk.client_seq = self.isn;
        takes_place(&mut talk);
        self.now = talk.now + 1_000_000_000;
        self.port += 1;
        self.isn += 100_000;
        for mut frame in talk.frames {
            let from_client = frame.bytes[20..22] == 40_000_u16.to_be_bytes();
            let (port, address) = if from_client { (20, 15) } else { (22, 19) };
            frame.bytes[port..port + 2].copy_from_slice(&self.port.to_be_bytes());
            frame.bytes[address] = self.client;
            self.frames.push(frame);
        }
        self
    }

    /// Everything that is said.
    pub fn events(&self) -> Vec<Event> {
        super::frames::events(&self.frames)
    }

    /// The same, where time is told between the packets as well.
    pub fn events_with_ticks(&self) -> Vec<Event> {
        let mut pipeline = Pipeline::new(Settings::default());
        let mut before = self.frames[0].time;
        for frame in &self.frames {
            for part in 1..4 {
                let gap = frame.time.since(before) * part / 4;
                pipeline.advance(before.plus(gap));
            }
            before = frame.time;
            pipeline.push(frame.as_frame());
        }
        pipeline.finish();
        pipeline.events().collect()
    }

    /// The verdicts and their revisions, a line each.
    pub fn told(&self) -> Vec<String> {
        self.events().iter().filter_map(line).collect()
    }
}

/// `established`, `no-sni-rejected (likely)`, `revised: … (certain), was … (likely)`.
pub fn line(event: &Event) -> Option<String> {
    match event {
        Event::Handshake(report) => Some(match report.cause {
            Some(cause) => said(cause, report.confidence),
            None => report.outcome.to_string(),
        }),
        Event::Revision(revision) => Some(format!(
            "revised: {}, was {}",
            said(revision.cause, revision.confidence),
            said(revision.was.cause, revision.was.confidence)
        )),
        _ => None,
    }
}

fn said(cause: Cause, confidence: Option<Confidence>) -> String {
    confidence.map_or_else(|| cause.to_string(), |sure| format!("{cause} ({sure})"))
}
