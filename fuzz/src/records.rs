//! One direction of a stream. Bytes: what it is (one: records, or bare messages as in QUIC), the size of the pieces (one),
//! the stream.
//!
//! However it is cut, the same is found in it; and what is put together in memory is at most one message.

use monitor::tls::{Deframer, Item, MAX_MESSAGE};

use crate::choices::Choices;

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let kind = choices.u8();
    let size = usize::from(choices.u8()).max(1);
    let deframer = || match kind & 1 {
        0 => Deframer::default(),
        _ => Deframer::of_messages(),
    };
    let whole = found(deframer(), [choices.0]);
    let cut = found(deframer(), choices.0.chunks(size));
    assert_eq!(whole, cut, "found in one piece, and in pieces of {size}");
}

/// What is found, in words: of a stream that is no TLS the first bytes are told as far as they have come, so those are
/// compared at the end.
fn found<'a>(mut deframer: Deframer, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut items = Vec::new();
    for piece in pieces {
        deframer.push(piece, &mut |item| {
            items.push(match item {
                Item::NotTls { .. } => "no TLS".to_owned(),
                item => format!("{item:?}"),
            });
        });
        assert!(
            deframer.buffered() <= 2 * (MAX_MESSAGE + 4),
            "{} bytes are held",
            deframer.buffered()
        );
    }
    items.push(format!("{:?}", deframer.opening()));
    items.push(format!(
        "stopped: {}, idle: {}",
        deframer.is_stopped(),
        deframer.is_idle()
    ));
    items
}
