//! A conversation in turns. Bytes: the size of the pieces (two), how they are turned round (one), then for each turn: whose
//! (one), what is said, with its length before it.
//!
//! A turn that comes in one segment, and the same turn in pieces and out of order, give the same report. Of further
//! handshakes in the connection, which begin where a segment begins with a hello, it may say that it lacks something.

use monitor::pipeline::{Pipeline, Settings};
use monitor::report::{Event, Handshake, Outcome};

use crate::choices::Choices;
use crate::packet::{self, ACK, FIN, PSH, SYN, Way};

/// More turns than a handshake has.
const MAX_TURNS: usize = 12;

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let (size, turn) = (usize::from(choices.u16()).max(1), usize::from(choices.u8()));
    let mut turns = Vec::new();
    while !choices.is_empty() && turns.len() < MAX_TURNS {
        turns.push((choices.u8() & 1 == 1, choices.block()));
    }
    let whole = report(&turns, |len| vec![0..len]);
    let cut = report(&turns, |len| {
        let step = size.max(len / 64).max(1);
        let mut pieces: Vec<_> = (0..len)
            .step_by(step)
            .map(|at| at..(at + step).min(len))
            .collect();
        let count = pieces.len();
        pieces.rotate_left(turn % count);
        pieces
    });
    agree(&whole, &cut);
}

type Pieces = Vec<std::ops::Range<usize>>;

fn report(turns: &[(bool, &[u8])], cut: impl Fn(usize) -> Pieces) -> Vec<Handshake> {
    let mut pipeline = Pipeline::new(Settings::default());
    let (mut nanos, mut seqs) = (1_700_000_000_000_000_000, [1_001, 900_001]);
    let way = |from_server| Way {
        from_server,
        client_port: 40_000,
        server_port: 443,
    };
    let mut push = |from_server, numbers, flags, payload: &[u8]| {
        nanos += 1_000;
        let packet = packet::tcp(way(from_server), numbers, flags, payload);
        pipeline.push(packet::frame(nanos, &packet));
    };
    push(false, [1_000, 0], SYN, &[]);
    push(true, [900_000, 1_001], SYN | ACK, &[]);
    for (from_server, said) in turns.iter().filter(|(_, said)| !said.is_empty()) {
        let said = &said[..said.len().min(packet::MAX_PAYLOAD)];
        let [own, other] = [usize::from(*from_server), usize::from(!from_server)];
        for piece in cut(said.len()) {
            let seq = seqs[own] + u32::try_from(piece.start).unwrap();
            push(*from_server, [seq, seqs[other]], PSH | ACK, &said[piece]);
        }
        seqs[own] += u32::try_from(said.len()).unwrap();
    }
    for from_server in [true, false] {
        let [own, other] = [usize::from(from_server), usize::from(!from_server)];
        push(from_server, [seqs[own], seqs[other]], FIN | ACK, &[]);
    }
    pipeline.finish();
    let handshakes = pipeline.events().filter_map(|event| match event {
        Event::Handshake(handshake) => Some(*handshake),
        _ => None,
    });
    handshakes.collect()
}

/// An alert decides as soon as it is there, and so does whatever answers cleartext; what came in the same segment behind it
/// is told with it or not.
fn agree(whole: &[Handshake], cut: &[Handshake]) {
    assert_eq!(whole.is_empty(), cut.is_empty(), "a report");
    for (place, (whole, cut)) in whole.iter().zip(cut).enumerate() {
        if place > 0 && !(whole.capture.complete && cut.capture.complete) {
            break;
        }
        if !whole.alerts.is_empty() || !cut.alerts.is_empty() {
            continue;
        }
        let timeless = |handshake: &Handshake| {
            let mut hello = handshake.client_hello.clone();
            if let Some(hello) = &mut hello {
                hello.segments = 0;
            }
            hello
        };
        assert_eq!(timeless(whole), timeless(cut));
        assert_eq!(whole.outcome, cut.outcome);
        if whole.outcome == Outcome::NotTls {
            continue;
        }
        assert_eq!(whole.server_hello, cut.server_hello);
        assert_eq!(whole.certificate, cut.certificate);
        assert_eq!(whole.stage, cut.stage);
        assert_eq!(whole.cause, cut.cause);
        assert_eq!(
            (whole.ended.by, whole.ended.how),
            (cut.ended.by, cut.ended.how)
        );
    }
}
