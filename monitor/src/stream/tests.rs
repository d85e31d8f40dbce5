use proptest::prelude::*;

use super::*;

/// Pushes whole pieces and gives back what came out.
fn run(isn: u32, pieces: &[(u32, &[u8])]) -> (Vec<u8>, Stream) {
    let mut stream = Stream::default();
    stream.begin(isn);
    let mut out = Vec::new();
    for (seq, bytes) in pieces {
        push(&mut stream, *seq, bytes, &mut out);
    }
    (out, stream)
}

fn push(stream: &mut Stream, seq: u32, bytes: &[u8], out: &mut Vec<u8>) {
    let piece = Piece {
        seq,
        bytes,
        wire_len: u32::try_from(bytes.len()).unwrap(),
    };
    stream.push(piece, &mut |bytes| out.extend_from_slice(bytes));
}

#[test]
fn segments_in_order_pass_through() {
    let (out, stream) = run(10, &[(10, b"abc"), (13, b"def")]);
    assert_eq!(out, b"abcdef");
    assert_eq!(stream.segments(), 2);
}

#[test]
fn segments_in_reverse_order_wait_and_then_pass() {
    let (out, stream) = run(10, &[(13, b"def"), (10, b"abc")]);
    assert_eq!(out, b"abcdef");
    assert_eq!((stream.segments(), stream.buffered()), (2, 0));
}

#[test]
fn the_first_copy_of_a_byte_wins() {
    assert_eq!(
        run(0, &[(0, b"abc"), (1, b"XYZ")]).0,
        b"abcZ",
        "delivered before"
    );
    assert_eq!(
        run(0, &[(2, b"cd"), (1, b"XYZW"), (0, b"a")]).0,
        b"aXcdW",
        "pending before"
    );
}

#[test]
fn a_retransmission_brings_nothing_and_is_counted() {
    let (out, stream) = run(0, &[(0, b"abc"), (0, b"abc"), (1, b"b")]);
    assert_eq!((out.as_slice(), stream.retransmissions()), (&b"abc"[..], 2));
}

#[test]
fn a_keep_alive_probe_before_the_next_byte_is_nothing() {
    assert_eq!(run(100, &[(100, b"a"), (100, b"?"), (101, b"b")]).0, b"ab");
}

#[test]
fn the_sequence_space_wraps() {
    assert_eq!(
        run(u32::MAX - 1, &[(1, b"d"), (u32::MAX - 1, b"abc")]).0,
        b"abcd"
    );
}

#[test]
fn a_hole_that_the_peer_acknowledged_is_a_gap() {
    let (_, mut stream) = run(0, &[(3, b"def")]);
    stream.peer_acked(3);
    assert_eq!(
        stream.gap(),
        None,
        "nothing behind the hole is acknowledged yet"
    );
    stream.peer_acked(6);
    assert_eq!((stream.gap(), stream.buffered()), (Some(Gap::Lost), 0));
}

#[test]
fn acknowledged_bytes_that_never_came_are_noticed() {
    let (_, mut stream) = run(0, &[(0, b"abc")]);
    stream.peer_acked(3);
    assert!(!stream.lacks_acked_bytes());
    stream.peer_acked(9);
    assert!(stream.lacks_acked_bytes());
}

#[test]
fn a_cut_segment_delivers_what_it_has_and_ends_the_stream() {
    let mut stream = Stream::default();
    let mut out = Vec::new();
    stream.push(
        Piece {
            seq: 0,
            bytes: b"abc",
            wire_len: 9,
        },
        &mut |bytes| out.extend_from_slice(bytes),
    );
    push(&mut stream, 9, b"later", &mut out);
    assert_eq!(
        (out.as_slice(), stream.gap()),
        (&b"abc"[..], Some(Gap::Truncated))
    );
}

#[test]
fn a_cut_segment_that_waited_delivers_what_it_has_and_ends_the_stream() {
    let mut stream = Stream::default();
    stream.begin(0);
    let mut out = Vec::new();
    stream.push(
        Piece {
            seq: 2,
            bytes: b"c",
            wire_len: 5,
        },
        &mut |bytes| out.extend_from_slice(bytes),
    );
    push(&mut stream, 0, b"ab", &mut out);
    assert_eq!(
        (out.as_slice(), stream.gap()),
        (&b"abc"[..], Some(Gap::Truncated))
    );
}

#[test]
fn what_waits_is_bounded() {
    let mut stream = Stream::default();
    stream.begin(0);
    let block = [0_u8; 1400];
    for n in 0..100 {
        push(&mut stream, 10 + n * 1400, &block, &mut Vec::new());
    }
    assert_eq!((stream.gap(), stream.buffered()), (Some(Gap::Overflow), 0));
}

#[test]
fn a_fin_counts_when_all_before_it_has_come() {
    let (_, mut stream) = run(0, &[(3, b"def")]);
    stream.finish(6);
    assert!(!stream.is_finished());
    push(&mut stream, 0, b"abc", &mut Vec::new());
    assert!(stream.is_finished());
}

proptest! {
    /// Any segmentation, order, duplication and overlap of a stream gives the stream.
    #[test]
    fn any_cut_of_a_stream_gives_the_stream(
        isn: u32,
        bytes in prop::collection::vec(any::<u8>(), 1..600),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..80), 0..60),
        shuffle in any::<prop::sample::Selector>(),
    ) {
        let mut pieces: Vec<(usize, usize)> = cuts.iter().map(|(at, len)| {
            let start = at.index(bytes.len());
            (start, (start + len).min(bytes.len()))
        }).collect();
        // Whatever the random pieces leave out is filled in, so that the stream can complete.
        pieces.extend((0..bytes.len()).step_by(37).map(|start| (start, (start + 37).min(bytes.len()))));
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        let first = shuffle.select(order.clone());
        order.rotate_left(first);
        order.reverse();
        let mut stream = Stream::default();
        stream.begin(isn);
        let mut out = Vec::new();
        for index in order {
            let (start, end) = pieces[index];
            push(&mut stream, isn.wrapping_add(u32::try_from(start).unwrap()), &bytes[start..end], &mut out);
        }
        prop_assert_eq!(&out, &bytes);
        prop_assert_eq!(stream.buffered(), 0);
    }
}
