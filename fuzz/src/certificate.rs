//! A Certificate message of TLS 1.2, without its header. Bytes: whether a name was asked for (one), the message.
//!
//! What is kept is bounded, however much was sent, and nothing in it can command a terminal.

use std::sync::LazyLock;

use monitor::tls::{Chain, ClientHello, ServerName};

use crate::choices::Choices;

/// The name that the client asked for.
static ASKED: LazyLock<ServerName> = LazyLock::new(|| {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 20, 0, 0, 0, 16, 0, 14, 0, 0, 11]);
    body.extend(b"www.a.test.");
    ClientHello::parse(&body)
        .unwrap()
        .server_name
        .clone()
        .unwrap()
});

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let asked = (choices.u8() & 1 == 1).then_some(&*ASKED);
    let body = choices.0;
    let read = Chain::read(body, asked);
    assert_eq!(read.is_ok(), Chain::is_readable(body));
    let Ok(chain) = read else {
        return;
    };
    assert!(3 * chain.sent <= body.len(), "more certificates than bytes");
    assert!(chain.certificates().count() <= chain.sent.min(10));
    let names = &chain.leaf.names.kept;
    assert!(names.len() <= 100, "{} names", names.len());
    let identities = chain
        .certificates()
        .flat_map(|one| [&one.subject, &one.issuer]);
    let mut held = 0;
    for text in identities.flatten().chain(names.iter()) {
        assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
        held += text.len();
    }
    assert!(held <= 64 * 1024 + 4 * body.len(), "{held} bytes are held");
}
