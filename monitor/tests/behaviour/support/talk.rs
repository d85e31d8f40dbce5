//! Connections made for tests: segments from a client and a server, one after the other.

use std::net::{IpAddr, SocketAddr};

use monitor::frame::Timestamp;
use monitor::wire::Flags;

use super::frames::OwnedFrame;

/// A connection, from 192.0.2.1:40000 to 198.51.100.7 unless made otherwise.
#[derive(Debug)]
pub struct Talk {
    client: SocketAddr,
    server: SocketAddr,
    pub client_seq: u32,
    pub server_seq: u32,
    pub now: u64,
    /// How long each packet comes after the one before, in nanoseconds.
    pub pace: u64,
    /// The TTL, or hop limit, of every packet.
    pub ttl: u8,
    pub frames: Vec<OwnedFrame>,
}

impl Talk {
    /// To this port; nothing has been sent.
    pub fn to(port: u16) -> Self {
        Self::between(
            ([192, 0, 2, 1], 40_000).into(),
            ([198, 51, 100, 7], port).into(),
        )
    }

    /// Between these; nothing has been sent.
    pub fn between(client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            client,
            server,
            client_seq: 1_000,
            server_seq: 900_000,
            now: 1_700_000_000_000_000_000,
            pace: 100_000,
            ttl: 64,
            frames: Vec::new(),
        }
    }

    /// The same, opened by SYN, SYN/ACK and ACK.
    pub fn opened(port: u16) -> Self {
        let mut talk = Self::to(port);
        talk.open();
        talk
    }

    pub fn open(&mut self) -> &mut Self {
        self.client(Flags::SYN, b"");
        self.client_seq += 1;
        self.server(Flags::SYN | Flags::ACK, b"");
        self.server_seq += 1;
        self.client(Flags::ACK, b"")
    }

    /// The client sends this.
    pub fn says(&mut self, bytes: &[u8]) -> &mut Self {
        self.client(Flags::PSH | Flags::ACK, bytes);
        self.client_seq += u32::try_from(bytes.len()).unwrap();
        self
    }

    /// The server sends this.
    pub fn answers(&mut self, bytes: &[u8]) -> &mut Self {
        self.server(Flags::PSH | Flags::ACK, bytes);
        self.server_seq += u32::try_from(bytes.len()).unwrap();
        self
    }

    /// A segment of the client at its place in the stream, which stays where it is.
    pub fn client(&mut self, flags: Flags, payload: &[u8]) -> &mut Self {
        let ack = if flags == Flags::SYN {
            0
        } else {
            self.server_seq
        };
        let ports = (self.client.port(), self.server.port());
        let segment = tcp(ports, (self.client_seq, ack), flags, payload);
        self.push(packet(
            self.client.ip(),
            self.server.ip(),
            self.ttl,
            &segment,
        ))
    }

    /// A segment of the server at its place in the stream, which stays where it is.
    pub fn server(&mut self, flags: Flags, payload: &[u8]) -> &mut Self {
        let numbers = (self.server_seq, self.client_seq);
        let ports = (self.server.port(), self.client.port());
        let segment = tcp(ports, numbers, flags, payload);
        self.push(packet(
            self.server.ip(),
            self.client.ip(),
            self.ttl,
            &segment,
        ))
    }

    /// This much later.
    pub fn after_ms(&mut self, ms: u64) -> &mut Self {
        self.now += ms * 1_000_000;
        self
    }

    fn push(&mut self, bytes: Vec<u8>) -> &mut Self {
        self.now += self.pace;
        self.frames.push(OwnedFrame {
            time: Timestamp(self.now),
            wire_len: u32::try_from(bytes.len()).unwrap(),
            bytes,
        });
        self
    }
}

fn tcp(ports: (u16, u16), numbers: (u32, u32), flags: Flags, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(ports.0.to_be_bytes());
    segment.extend(ports.1.to_be_bytes());
    segment.extend(numbers.0.to_be_bytes());
    segment.extend(numbers.1.to_be_bytes());
    segment.extend([5 << 4, flags.0, 2, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    segment
}

/// An IP packet of TCP.
fn packet(from: IpAddr, to: IpAddr, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let length = |extra: usize| u16::try_from(extra + payload.len()).unwrap().to_be_bytes();
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let head = [&[0x45, 0][..], &length(20), &[0, 1, 0x40, 0, ttl, 6, 0, 0]].concat();
            [&head[..], &from.octets(), &to.octets(), payload].concat()
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let head = [&[0x60, 0, 0, 0][..], &length(0), &[6, ttl]].concat();
            [&head[..], &from.octets(), &to.octets(), payload].concat()
        }
        _ => panic!("{from} and {to} are of different families"),
    }
}

/// What the client and the server of one of the project's captures of streams sent.
pub fn stream(name: &str) -> (Vec<u8>, Vec<u8>) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/streams");
    let read = |side: &str| std::fs::read(folder.join(format!("{name}.{side}"))).unwrap();
    (read("client"), read("server"))
}

/// Cuts a stream behind its first record.
pub fn first_record(stream: &[u8]) -> (&[u8], &[u8]) {
    let length = usize::from(u16::from_be_bytes([stream[3], stream[4]]));
    stream.split_at(5 + length)
}
