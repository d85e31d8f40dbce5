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
    ClientHello::parse(&body).unwrap().server_name.unwrap()
});

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let asked = (choices.u8() & 1 == 1).then_some(&*ASKED);
    let Ok(chain) = Chain::read(choices.0, asked) else {
        return;
    };
    assert!(
        3 * chain.sent <= choices.0.len(),
        "more certificates than bytes"
    );
    assert!(chain.certificates().count() <= chain.sent.min(10));
    assert!(
        chain.memory() <= 64 * 1024 + 4 * choices.0.len(),
        "{} bytes are held",
        chain.memory()
    );
    assert_eq!(
        chain.leaf.coverage.is_some(),
        asked.is_some() && chain.leaf.coverage.is_some()
    );
    assert!(
        chain.leaf.names.kept.len() <= 100,
        "{} names",
        chain.leaf.names.kept.len()
    );
    let identities = chain
        .certificates()
        .flat_map(|one| [&one.subject, &one.issuer])
        .flatten();
    for text in identities.chain(&chain.leaf.names.kept) {
        assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
    }
}
