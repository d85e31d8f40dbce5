//! Hellos and streams for tests.

use std::sync::Arc;

use super::ClientHello;

/// What both ends of a real connection sent; see `tests/streams/README.md`.
macro_rules! streams {
    ($($name:literal),+ $(,)?) => {
        /// Name and bytes of every recorded stream.
        pub(super) const STREAMS: &[(&str, &[u8])] = &[
            $(($name, include_bytes!(concat!("../../tests/streams/", $name)))),+
        ];
    };
}

streams!(
    "badsni_nginx_reject_handshake.client",
    "badsni_nginx_reject_handshake.server",
    "cert_expired_13_openssl.client",
    "cert_expired_13_openssl.server",
    "frag_records_64.client",
    "frag_records_64.server",
    "mtls_missing_12_openssl.client",
    "mtls_missing_12_openssl.server",
    "ok_hrr.client",
    "ok_hrr.server",
    "ok_tls12.client",
    "ok_tls12.server",
    "ok_tls12_resume.client",
    "ok_tls12_resume.server",
    "ok_tls13.client",
    "ok_tls13.server",
    "split_pq_openssl.client",
    "split_pq_openssl.server",
);

/// A recorded stream.
pub(super) fn stream(name: &str) -> &'static [u8] {
    let found = STREAMS.iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("no stream {name}")).1
}

/// An extension of a hello.
pub(crate) fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(vec16(content));
    bytes
}

/// A vector with a length of two bytes before it.
pub(crate) fn vec16(content: &[u8]) -> Vec<u8> {
    let mut bytes = u16::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(content);
    bytes
}

/// The content of a ClientHello up to its block of extensions: random of sevens, no session id, null compression.
pub(super) fn fixed_part(version: u16, suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites
        .iter()
        .flat_map(|suite| suite.to_be_bytes())
        .collect();
    [
        &version.to_be_bytes()[..],
        &[7; 32],
        &[0],
        &vec16(&suites),
        &[1, 0],
    ]
    .concat()
}

/// The content of a ClientHello.
pub(super) fn client_hello(version: u16, suites: &[u16], extensions: &[Vec<u8>]) -> Vec<u8> {
    [fixed_part(version, suites), vec16(&extensions.concat())].concat()
}

/// A ClientHello with GREASE wherever a list may have it.
pub(super) fn hello_with_grease() -> Arc<ClientHello> {
    let extensions = [
        extension(0x3a3a, &[]),
        extension(0, &[0, 9, 0, 0, 6, b'a', b'.', b't', b'e', b's', b't']),
        extension(10, &[0, 6, 0x4a, 0x4a, 0, 29, 0, 23]),
        extension(11, &[2, 0, 1]),
        extension(16, &[0, 3, 2, b'h', b'2']),
        extension(13, &[0, 6, 0x5a, 0x5a, 8, 4, 4, 3]),
        extension(43, &[6, 0x6a, 0x6a, 3, 4, 3, 3]),
        extension(0xfafa, &[0]),
    ];
    ClientHello::parse(&client_hello(
        0x0303,
        &[0x2a2a, 0x1301, 0xc02b],
        &extensions,
    ))
    .unwrap()
}

/// A ClientHello that ends where TLS 1.0 let it end.
pub(super) fn hello_without_extensions() -> Arc<ClientHello> {
    ClientHello::parse(&fixed_part(0x0301, &[4, 5])).unwrap()
}
