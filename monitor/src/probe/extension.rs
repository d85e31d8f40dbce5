//! The contents of a ClientHello's extensions.

use super::bytes::{numbers, vec8, vec16};
use super::hello::{Hello, Seldom};
use super::noise::Noise;
use super::share::share;
use crate::tls::{ExtensionType, OuterHello, is_grease};

/// psk_key_exchange_modes (RFC 8446 section 4.2.9).
pub(super) const PSK_MODES: ExtensionType = ExtensionType(45);
/// post_handshake_auth (RFC 8446 section 4.2.6).
const POST_HANDSHAKE_AUTH: ExtensionType = ExtensionType(49);

/// Extensions that are sent empty.
const EMPTY: &[ExtensionType] = &[
    ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP,
    ExtensionType::ENCRYPT_THEN_MAC,
    ExtensionType::EXTENDED_MASTER_SECRET,
    ExtensionType::EARLY_DATA,
    ExtensionType::NEXT_PROTOCOL_NEGOTIATION,
    ExtensionType::CHANNEL_ID,
    POST_HANDSHAKE_AUTH,
];

/// Whether the content of an extension of this type can be made from what is known of a hello.
pub(super) fn is_known(kind: u16) -> bool {
    let with_content = [
        ExtensionType::SERVER_NAME,
        ExtensionType::SUPPORTED_VERSIONS,
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::KEY_SHARE,
        ExtensionType::SIGNATURE_ALGORITHMS,
        ExtensionType::ALPN,
        ExtensionType::EC_POINT_FORMATS,
        PSK_MODES,
        ExtensionType::STATUS_REQUEST,
        ExtensionType::STATUS_REQUEST_V2,
        ExtensionType::RENEGOTIATION_INFO,
        ExtensionType::SIGNATURE_ALGORITHMS_CERT,
        ExtensionType::DELEGATED_CREDENTIAL,
        ExtensionType::COMPRESS_CERTIFICATE,
        ExtensionType::APPLICATION_SETTINGS,
        ExtensionType::DRAFT_APPLICATION_SETTINGS,
        ExtensionType::PRE_SHARED_KEY,
        ExtensionType::SESSION_TICKET,
        ExtensionType::MAX_FRAGMENT_LENGTH,
        ExtensionType::RECORD_SIZE_LIMIT,
        ExtensionType::HEARTBEAT,
        ExtensionType::PADDING,
        ExtensionType::ENCRYPTED_CLIENT_HELLO,
    ];
    let kind = ExtensionType(kind);
    is_grease(kind.0) || EMPTY.contains(&kind) || with_content.contains(&kind)
}

/// What the extension of this type says; nothing, where that is not known.
pub(super) fn content(hello: &Hello, kind: u16, noise: &mut Noise) -> Vec<u8> {
    match ExtensionType(kind) {
        ExtensionType::SERVER_NAME => vec16(&[vec![0], vec16(&hello.name)].concat()),
        ExtensionType::SUPPORTED_VERSIONS => vec8(&numbers(&hello.versions)),
        ExtensionType::SUPPORTED_GROUPS => vec16(&numbers(&hello.groups)),
        ExtensionType::KEY_SHARE => key_shares(hello, noise),
        ExtensionType::SIGNATURE_ALGORITHMS => vec16(&numbers(&hello.schemes)),
        ExtensionType::ALPN => protocols(&hello.protocols),
        ExtensionType::EC_POINT_FORMATS => vec8(&hello.point_formats),
        PSK_MODES => vec8(&hello.psk_modes),
        // OCSP, without names of responders and without extensions.
        ExtensionType::STATUS_REQUEST => vec![1, 0, 0, 0, 0],
        ExtensionType::STATUS_REQUEST_V2 => vec![0, 7, 2, 0, 4, 0, 0, 0, 0],
        ExtensionType::RENEGOTIATION_INFO => vec![0],
        kind => seldom(&hello.seldom, kind, noise),
    }
}

fn seldom(seldom: &Seldom, kind: ExtensionType, noise: &mut Noise) -> Vec<u8> {
    match kind {
        ExtensionType::SIGNATURE_ALGORITHMS_CERT => vec16(&numbers(&seldom.schemes_cert)),
        ExtensionType::DELEGATED_CREDENTIAL => vec16(&numbers(&seldom.delegated)),
        ExtensionType::COMPRESS_CERTIFICATE => vec8(&numbers(&seldom.compress)),
        ExtensionType::APPLICATION_SETTINGS | ExtensionType::DRAFT_APPLICATION_SETTINGS => {
            protocols(&seldom.settings)
        }
        ExtensionType::PRE_SHARED_KEY => pre_shared_key(seldom, noise),
        ExtensionType::SESSION_TICKET => noise.bytes(seldom.ticket),
        ExtensionType::MAX_FRAGMENT_LENGTH => vec![seldom.fragment],
        ExtensionType::RECORD_SIZE_LIMIT => seldom.record_limit.to_be_bytes().to_vec(),
        ExtensionType::HEARTBEAT => vec![seldom.heartbeat],
        ExtensionType::PADDING => vec![0; seldom.padding],
        ExtensionType::ENCRYPTED_CLIENT_HELLO => seldom
            .ech
            .map(|outer| encrypted_hello(outer, noise))
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn key_shares(hello: &Hello, noise: &mut Noise) -> Vec<u8> {
    let entry = |(group, len): &(u16, Option<usize>)| {
        let share = share(*group, *len, noise);
        [group.to_be_bytes().to_vec(), vec16(&share)].concat()
    };
    vec16(&hello.shares.iter().flat_map(entry).collect::<Vec<_>>())
}

fn protocols(names: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = names.iter().flat_map(|name| vec8(name)).collect();
    vec16(&list)
}

/// Keys that the server does not know: it goes on as if none had been offered (RFC 8446 section 4.2.11).
fn pre_shared_key(seldom: &Seldom, noise: &mut Noise) -> Vec<u8> {
    let Some((identities, binders, age)) = &seldom.psk else {
        return Vec::new();
    };
    let mut first = vec![];
    for len in identities {
        first.extend(vec16(&noise.bytes(usize::from(*len))));
        first.extend(age.to_be_bytes());
    }
    let mut second = vec![];
    for len in binders {
        second.extend(vec8(&noise.bytes(usize::from(*len))));
    }
    [vec16(&first), vec16(&second)].concat()
}

/// What looks like Encrypted Client Hello and is none (RFC 9849 section 6.2).
fn encrypted_hello(outer: OuterHello, noise: &mut Noise) -> Vec<u8> {
    let mut content = vec![0];
    content.extend(numbers(&[outer.kdf, outer.aead]));
    content.push(outer.config_id);
    content.extend(vec16(&noise.bytes(usize::from(outer.enc))));
    content.extend(vec16(&noise.bytes(usize::from(outer.payload))));
    content
}
