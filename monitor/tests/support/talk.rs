//! Connections made for tests: segments from a client and a server, one after the other.

use monitor::frame::Timestamp;
use monitor::wire::Flags;

use super::frames::OwnedFrame;

/// A connection from 192.0.2.1:40000 to 198.51.100.7.
#[derive(Debug)]
pub struct Talk {
    port: u16,
    pub client_seq: u32,
    pub server_seq: u32,
    pub now: u64,
    pub frames: Vec<OwnedFrame>,
}

impl Talk {
    /// To this port; nothing has been sent.
    pub fn to(port: u16) -> Self {
        Self {
            port,
            client_seq: 1_000,
            server_seq: 900_000,
            now: 1_700_000_000_000_000_000,
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
        let segment = tcp((40_000, self.port), (self.client_seq, ack), flags, payload);
        self.push(ipv4([192, 0, 2, 1], [198, 51, 100, 7], &segment))
    }

    /// A segment of the server at its place in the stream, which stays where it is.
    pub fn server(&mut self, flags: Flags, payload: &[u8]) -> &mut Self {
        let numbers = (self.server_seq, self.client_seq);
        let segment = tcp((self.port, 40_000), numbers, flags, payload);
        self.push(ipv4([198, 51, 100, 7], [192, 0, 2, 1], &segment))
    }

    /// This much later.
    pub fn after_ms(&mut self, ms: u64) -> &mut Self {
        self.now += ms * 1_000_000;
        self
    }

    fn push(&mut self, bytes: Vec<u8>) -> &mut Self {
        self.now += 100_000;
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

/// An IPv4 packet of TCP.
fn ipv4(from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut packet = vec![0x45, 0, length[0], length[1], 0, 1, 0x40, 0, 64, 6, 0, 0];
    packet.extend(from);
    packet.extend(to);
    packet.extend(payload);
    packet
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
