//! A hello message without its header. Bytes: whose (one), the message.
//!
//! What was read accounts for the message: no more values than there were bytes, no content that could not be read and is
//! told nevertheless, and fingerprints of the form that their specifications give them.

use monitor::tls::{ClientHello, ExtensionType, ServerHello, fingerprint};

use crate::choices::Choices;

pub fn check(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    match choices.u8() & 1 {
        0 => client(choices.0),
        _ => server(choices.0),
    }
}

fn client(body: &[u8]) {
    let Ok(hello) = ClientHello::parse(body) else {
        return;
    };
    assert_eq!(hello.len as usize, body.len() + 4);
    let lists: [&[u16]; 6] = [
        &hello.cipher_suites,
        &hello.extensions,
        &hello.groups,
        &hello.key_shares,
        &hello.signature_schemes,
        &hello.versions,
    ];
    let values: usize = lists.iter().map(|list| list.len()).sum();
    assert!(2 * values <= 2 * body.len(), "more values than bytes");
    assert!(
        hello
            .unreadable
            .iter()
            .all(|kind| hello.extensions.contains(kind))
    );
    assert!(hello.server_name.is_none() || hello.has(ExtensionType::SERVER_NAME));
    assert_eq!(
        hello.offered_versions().count(),
        hello.versions.len().max(1)
    );
    assert_hex(&fingerprint::ja3(&hello), 32);
    for transport in ['t', 'q'] {
        let ja4 = fingerprint::ja4(&hello, transport);
        let parts: Vec<_> = ja4.split('_').map(str::len).collect();
        assert_eq!(parts, [10, 12, 12], "{ja4}");
        assert!(ja4.starts_with(transport) && ja4.is_ascii(), "{ja4}");
    }
}

fn server(body: &[u8]) {
    let Ok(hello) = ServerHello::parse(body) else {
        return;
    };
    assert_eq!(hello.len as usize, body.len() + 4);
    assert!(
        4 * hello.extensions.len() <= body.len(),
        "more extensions than bytes"
    );
    assert!(
        hello
            .unreadable
            .iter()
            .all(|kind| hello.extensions.contains(kind))
    );
    assert_hex(&fingerprint::ja3s(&hello), 32);
}

fn assert_hex(text: &str, len: usize) {
    assert_eq!(text.len(), len, "{text}");
    assert!(text.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
}
