//! A row of QUIC datagrams. Bytes, for each: what it is (one), its bytes with their length before them.
//!
//! | what & 3 | |
//! |---|---|
//! | 0, 1 | a datagram as it is |
//! | 2, 3 | the frames of an Initial packet, which is protected here as its sender would |
//!
//! An odd one comes from the server. What waits for keys is bounded, and no more CRYPTO data comes out than went in.

use monitor::flow::{Quic, Side};
use monitor::frame::Timestamp;
use monitor::wire::Datagram;
use monitor::wire::quic::{ConnectionId, Frame, Head, Keys, Sender, Version};

use crate::choices::Choices;

const MAX_WAITING: usize = 24 * 1024;

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let (mut quic, mut sent, mut told, mut number) = (Quic::default(), 0, 0, 0);
    while !choices.is_empty() {
        let what = choices.u8();
        let from = if what & 1 == 0 {
            Side::Client
        } else {
            Side::Server
        };
        let content = choices.block();
        let sealed = (what & 2 == 2).then(|| seal(from, what >> 2, number, content));
        number += 1;
        let payload = sealed.as_deref().unwrap_or(content);
        sent += payload.len();
        let datagram = Datagram {
            source_port: 40_000,
            destination_port: 443,
            payload,
            payload_len: u32::try_from(payload.len()).unwrap(),
        };
        quic.note(
            from,
            &datagram,
            Timestamp(number.into()),
            &mut |_, _, frame| {
                if let Frame::Crypto { data, .. } = frame {
                    told += data.len();
                }
            },
        );
        assert!(
            quic.buffered() <= MAX_WAITING,
            "{} bytes wait",
            quic.buffered()
        );
        assert!(told <= sent, "{told} bytes of CRYPTO data out of {sent}");
    }
    quic.give_up();
    assert_eq!(quic.buffered(), 0);
}

/// An Initial packet; the low bit of `kind` chooses the version.
pub fn seal(from: Side, kind: u8, number: u32, frames: &[u8]) -> Vec<u8> {
    let id = |byte| ConnectionId::new(&[byte; 8]).unwrap();
    let (first, of_client, of_server) = (id(1), id(2), id(3));
    let version = if kind & 1 == 0 {
        Version::V1
    } else {
        Version::V2
    };
    let (sender, destination, source) = match from {
        Side::Client => (Sender::Client, first, of_client),
        Side::Server => (Sender::Server, of_client, of_server),
    };
    let head = Head {
        version,
        destination,
        source,
    };
    let frames = &frames[..frames.len().min(8_000)];
    Keys::derive(version, &first, sender)
        .unwrap()
        .seal(&head, number, frames, 20)
}
