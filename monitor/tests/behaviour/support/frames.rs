//! Captures as frames in memory, the pipeline over them, and surgery on packets.

use std::path::{Path, PathBuf};

use monitor::capture::pcap::{self, Source};
use monitor::frame::{Direction, Frame, FrameSink, InterfaceId, Timestamp};
use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Event, Handshake};

/// A frame that owns its bytes.
#[derive(Clone, Debug)]
pub struct OwnedFrame {
    pub time: Timestamp,
    pub wire_len: u32,
    pub bytes: Vec<u8>,
}

impl OwnedFrame {
    pub fn as_frame(&self) -> Frame<'_> {
        Frame {
            time: self.time,
            interface: InterfaceId(0),
            direction: Direction::Unknown,
            wire_len: self.wire_len,
            network: &self.bytes,
        }
    }
}

/// The folder with the project's captures.
pub fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

/// All frames of one of the project's captures.
pub fn frames(name: &str) -> Vec<OwnedFrame> {
    struct Collect(Vec<OwnedFrame>);

    impl FrameSink for Collect {
        fn frame(&mut self, frame: Frame<'_>) {
            let Frame {
                time,
                wire_len,
                network,
                ..
            } = frame;
            self.0.push(OwnedFrame {
                time,
                wire_len,
                bytes: network.to_vec(),
            });
        }
        fn interface(&mut self, _: InterfaceId, _: &str) {}
        fn lost(&mut self, _: &'static str, _: &'static str, _: u64) {}
        fn tick(&mut self, _: Timestamp) {}
    }

    let mut collect = Collect(Vec::new());
    let source = Source::from_argument(captures().join(name));
    pcap::read(source, &mut collect, &mut |_| {}).unwrap();
    collect.0
}

/// Everything that the pipeline says of these frames.
pub fn events<'a>(frames: impl IntoIterator<Item = &'a OwnedFrame>) -> Vec<Event> {
    let mut pipeline = Pipeline::new(Settings::default());
    for frame in frames {
        pipeline.push(frame.as_frame());
    }
    pipeline.finish();
    pipeline.events().collect()
}

/// The reports of all handshakes in these frames.
pub fn handshakes<'a>(frames: impl IntoIterator<Item = &'a OwnedFrame>) -> Vec<Handshake> {
    let handshake = |event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    };
    events(frames).into_iter().filter_map(handshake).collect()
}

/// The events as JSON, without what depends on when and in how many pieces packets came.
pub fn timeless(events: &[Event]) -> Vec<serde_json::Value> {
    let mut values: Vec<_> = events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    for value in &mut values {
        let object = value.as_object_mut().unwrap();
        for key in ["time", "timing_ms", "evidence"] {
            object.remove(key);
        }
        for (part, key) in [("client_hello", "segments"), ("ended", "after_ms")] {
            if let Some(part) = object.get_mut(part).and_then(|part| part.as_object_mut()) {
                part.remove(key);
            }
        }
    }
    values
}

/// A TCP packet taken apart: its headers, and its payload.
pub struct Parts<'a> {
    pub headers: &'a [u8],
    pub payload: &'a [u8],
    ip_header: usize,
}

/// Takes an IPv4 or IPv6 packet without extension headers apart; none if it carries no TCP.
pub fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    let (ip_header, end) = match bytes.first()? >> 4 {
        4 => (
            usize::from(bytes[0] & 15) * 4,
            usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
        ),
        _ => (
            40,
            40 + usize::from(u16::from_be_bytes([bytes[4], bytes[5]])),
        ),
    };
    let tcp_header = usize::from(bytes.get(ip_header + 12)? >> 4) * 4;
    let (headers, payload) =
        bytes[..end.min(bytes.len())].split_at_checked(ip_header + tcp_header)?;
    Some(Parts {
        headers,
        payload,
        ip_header,
    })
}

impl Parts<'_> {
    /// The same packet with a part of the payload only, as if the sender had sent that part in a packet of its own.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Vec<u8> {
        let mut bytes = self.headers.to_vec();
        let seq_at = self.ip_header + 4;
        let seq = u32::from_be_bytes(bytes[seq_at..seq_at + 4].try_into().unwrap());
        let seq = seq.wrapping_add(u32::try_from(range.start).unwrap());
        bytes[seq_at..seq_at + 4].copy_from_slice(&seq.to_be_bytes());
        bytes.extend_from_slice(&self.payload[range]);
        let (at, length) = if bytes[0] >> 4 == 4 {
            (2, bytes.len())
        } else {
            (4, bytes.len() - 40)
        };
        bytes[at..at + 2].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        bytes
    }

    /// Whether the packet opens or ends a connection; such a packet stays whole.
    pub fn is_boundary(&self) -> bool {
        self.headers[self.ip_header + 13] & 0b111 != 0
    }
}

/// Replaces each data packet by the pieces that `cut` makes of it: ranges of its payload, in the order in which they pass.
pub fn recut(
    frames: &[OwnedFrame],
    cut: impl Fn(usize) -> Vec<std::ops::Range<usize>>,
) -> Vec<OwnedFrame> {
    let mut out = Vec::new();
    for frame in frames {
        match parts(&frame.bytes).filter(|parts| !parts.payload.is_empty() && !parts.is_boundary())
        {
            None => out.push(frame.clone()),
            Some(parts) => out.extend(cut(parts.payload.len()).into_iter().map(|range| {
                let bytes = parts.slice(range);
                OwnedFrame {
                    time: frame.time,
                    wire_len: u32::try_from(bytes.len()).unwrap(),
                    bytes,
                }
            })),
        }
    }
    out
}

/// Whether a server sent this IPv4 packet: it is from port 443.
pub fn is_from_server(packet: &[u8]) -> bool {
    packet[20..22] == 443_u16.to_be_bytes()
}

/// Whether this IPv4 packet is an RST.
pub fn is_reset(packet: &[u8]) -> bool {
    packet[33] & 4 != 0
}
