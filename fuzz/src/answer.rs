//! What a server answers to a probe. Bytes: how the connection ends (one), the size of the pieces (one), the answer.
//!
//! However it is cut, the answer is the same; its words and its report print without control characters; and a server
//! that goes on for ever is left.

use std::time::Duration;

use monitor::frame::Timestamp;
use monitor::probe::{Answer, Cut, Dialogue, Exchange, MAX_BYTES, Next, Noise, Questions, Subject};
use monitor::report::Event;
use monitor::sink::json;

use crate::choices::Choices;

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let cut = match choices.u8() & 3 {
        0 => Cut::Reset,
        1 => Cut::Closed,
        2 => Cut::Timeout,
        _ => Cut::Ours,
    };
    let size = usize::from(choices.u8()).max(1);
    let whole = heard([choices.0], &cut);
    let pieces = heard(choices.0.chunks(size), &cut);
    if whole.is_answered() && pieces.is_answered() {
        assert_eq!(whole.hello, pieces.hello, "in pieces of {size}");
    }
    report(whole);
    report(pieces);
}

fn heard<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, cut: &Cut) -> Answer {
    let mut dialogue = Dialogue::new(None);
    let mut bytes = 0;
    for piece in pieces {
        bytes += piece.len();
        match dialogue.receive(piece) {
            Next::Close => break,
            Next::Send(said) => assert!(said.len() < 32),
            Next::Read => assert!(bytes <= MAX_BYTES, "a server that never ends is left"),
        }
    }
    dialogue.end(cut, Duration::ZERO, Duration::ZERO)
}

fn report(answer: Answer) {
    let name = Some("a.example".to_owned());
    let mut questions = Questions::of_runbook(name.clone(), Noise::new([0; 32]));
    let asked = questions.next(&[]).expect("the first question");
    let subject = Subject {
        host: None,
        address: "192.0.2.1:443".parse().expect("an address"),
        name,
        like: None,
        time: Timestamp(1_700_000_000_000_000_000),
    };
    let exchanges = [Exchange { asked, answer }];
    let probe = monitor::probe::report(&subject, &exchanges);
    let mut line = Vec::new();
    json::write(&Event::Probe(Box::new(probe)), &mut line).expect("memory takes it");
    assert!(
        line.iter()
            .all(|byte| *byte == b'\n' || (0x20..0x7f).contains(byte))
    );
    let _ = questions.next(&exchanges);
}
