//! The hello of a report once more, and that with the one change that its failure suggests.

use super::answer::{Ending, Exchange};
use super::extension::is_known;
use super::hello::{Hello, Seldom};
use super::offer::{self, EVERY_VERSION};
use super::recorded::{Recorded, RecordedEch, RecordedHello};
use super::share::{P256, P384, X25519, is_post_quantum};
use crate::report::{Cause, ProbeQuestion};
use crate::tls::{ExtensionType, OuterHello, Version, names, text};

/// A ClientHello of more bytes than this takes more than one segment.
const SEGMENT: usize = 1400;
/// Extensions, shares and pre-shared keys that are taken from a report: more than any hello has.
const MOST: usize = 64;

/// A handshake to repeat.
#[derive(Clone, Debug)]
pub struct Like {
    /// Its id.
    pub id: String,
    /// Why it failed, by its report.
    pub cause: Option<Cause>,
    /// The JA4 of its hello, by its report.
    pub ja4: String,
    /// In what the hello made from the report differs from it.
    pub differences: Vec<String>,
    hello: Hello,
}

/// Why a handshake cannot be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlikeError {
    /// The report has no ClientHello.
    #[error("its report has no ClientHello")]
    NoHello,
    /// A version in it has no number.
    #[error("its ClientHello has a version that cannot be read")]
    Version,
    /// It came over QUIC.
    #[error("it came over QUIC, and a probe speaks TLS over TCP")]
    Quic,
}

impl Like {
    /// Makes the hello from the report.
    pub fn of(report: &Recorded) -> Result<Self, UnlikeError> {
        if report.transport == "quic" {
            return Err(UnlikeError::Quic);
        }
        let recorded = report.client_hello.as_ref().ok_or(UnlikeError::NoHello)?;
        Ok(Self {
            id: report.id.clone(),
            cause: report.cause.as_deref().and_then(|word| word.parse().ok()),
            ja4: recorded.ja4.clone(),
            differences: differences(report, recorded),
            hello: rebuilt(recorded).ok_or(UnlikeError::Version)?,
        })
    }

    /// The name in its hello, for people.
    pub fn name(&self) -> Option<String> {
        let named = self.hello.has(ExtensionType::SERVER_NAME);
        named.then(|| text::printable(&self.hello.name).into_owned())
    }

    /// The hello with the change of this question.
    pub(super) fn hello_for(&self, question: ProbeQuestion, name: Option<&str>) -> Hello {
        let same = self.hello.clone();
        match question {
            ProbeQuestion::SameWithName => same.named(name.map(str::as_bytes)),
            ProbeQuestion::SameWithoutName => same.named(None),
            ProbeQuestion::SameWithVersions => with_every_version(same),
            ProbeQuestion::SameWithSuites => Hello {
                suites: offer::every_suite(),
                ..same
            },
            ProbeQuestion::SameWithGroups => {
                same.with_groups(&[X25519, P256, P384], &[X25519, P256])
            }
            ProbeQuestion::SameWithSchemes => Hello {
                schemes: offer::every_scheme(),
                ..same
            }
            .set(ExtensionType::SIGNATURE_ALGORITHMS, true),
            ProbeQuestion::SameWithoutAlpn => same.with_protocols(&[]),
            ProbeQuestion::SameWithoutPostQuantum => classical(same),
            ProbeQuestion::Tls12 => {
                let named = same.has(ExtensionType::SERVER_NAME);
                offer::of(question, None, false).named(named.then_some(&same.name))
            }
            _ => same,
        }
    }

    /// The changes that could tell something, those that the report's cause suggests first.
    pub(super) fn changes(&self, name: Option<&str>) -> Vec<ProbeQuestion> {
        const ALL: &[ProbeQuestion] = &[
            ProbeQuestion::SameWithName,
            ProbeQuestion::SameWithoutName,
            ProbeQuestion::SameWithVersions,
            ProbeQuestion::SameWithSuites,
            ProbeQuestion::SameWithGroups,
            ProbeQuestion::SameWithSchemes,
            ProbeQuestion::SameWithoutAlpn,
            ProbeQuestion::SameInPieces,
            ProbeQuestion::SameWithoutPostQuantum,
        ];
        let suggested = suggested(self.cause).iter().chain(ALL).copied();
        let mut changes = Vec::new();
        for question in suggested.filter(|question| self.is_change(*question, name)) {
            if !changes.contains(&question) {
                changes.push(question);
            }
        }
        changes
    }

    /// The first change that was not tried, as long as nothing was answered.
    pub(super) fn next(&self, so_far: &[Exchange], name: Option<&str>) -> Option<ProbeQuestion> {
        if so_far.is_empty() {
            return Some(ProbeQuestion::SameHello);
        }
        let answered = |exchange: &&Exchange| exchange.answer.suits(&exchange.asked);
        if let Some(taken) = so_far.iter().find(answered) {
            return behind(taken, so_far);
        }
        let tried = |question: &ProbeQuestion| {
            so_far
                .iter()
                .any(|exchange| exchange.asked.question == *question)
        };
        let silent = so_far.first()?.answer.ending == Ending::Silent;
        let first = if silent { VANISHED } else { &[] };
        let mut changes = first.to_vec();
        changes.retain(|question| self.is_change(*question, name));
        changes.extend(self.changes(name));
        changes.into_iter().find(|question| !tried(question))
    }

    /// Whether the hello is another with the change of this question.
    fn is_change(&self, question: ProbeQuestion, name: Option<&str>) -> bool {
        match question {
            ProbeQuestion::SameInPieces => self.is_long(),
            ProbeQuestion::SameWithName if name.is_none() => false,
            _ => self.hello_for(question, name) != self.hello,
        }
    }

    /// The hello takes more than one segment.
    fn is_long(&self) -> bool {
        let seed = super::noise::Noise::new([0; 32]);
        self.hello.message(&mut { seed }).len() > SEGMENT
    }

    /// The question for people.
    pub(super) fn words(&self, question: ProbeQuestion, name: Option<&str>) -> String {
        let fixed = match question {
            ProbeQuestion::SameWithName => {
                return format!("the same with the name {}", name.unwrap_or_default());
            }
            ProbeQuestion::SameWithoutName => "the same without its name",
            ProbeQuestion::SameWithVersions => "the same with TLS 1.0 to 1.3",
            ProbeQuestion::SameWithSuites => "the same with today's cipher suites",
            ProbeQuestion::SameWithGroups => "the same with today's groups",
            ProbeQuestion::SameWithSchemes => "the same with today's signature schemes",
            ProbeQuestion::SameWithoutAlpn => "the same without ALPN",
            ProbeQuestion::SameWithoutPostQuantum => "the same without post-quantum groups",
            ProbeQuestion::SameInPieces => "the same in small segments",
            ProbeQuestion::Tls12 => "TLS 1.2, for the certificates",
            _ => return format!("the hello of {}", self.id),
        };
        fixed.to_owned()
    }
}

/// What is worth a try when the hello may have vanished on the way.
const VANISHED: &[ProbeQuestion] = &[
    ProbeQuestion::SameInPieces,
    ProbeQuestion::SameWithoutPostQuantum,
];

/// The hello is answered as it is: what failed lies behind the ServerHello. TLS 1.2 shows it where TLS 1.3 does not.
fn behind(taken: &Exchange, so_far: &[Exchange]) -> Option<ProbeQuestion> {
    let hidden = taken.answer.chain.is_none();
    let is_first = taken.asked.question == ProbeQuestion::SameHello;
    (is_first && hidden && so_far.len() == 1).then_some(ProbeQuestion::Tls12)
}

/// The changes that a cause suggests.
const fn suggested(cause: Option<Cause>) -> &'static [ProbeQuestion] {
    match cause {
        Some(Cause::NoSniRejected) => &[ProbeQuestion::SameWithName],
        Some(Cause::UnknownSni | Cause::EndpointWithoutCertificate) => {
            &[ProbeQuestion::SameWithName, ProbeQuestion::SameWithoutName]
        }
        Some(Cause::ProtocolVersionMismatch) => &[ProbeQuestion::SameWithVersions],
        Some(Cause::CipherMismatch) => &[
            ProbeQuestion::SameWithSuites,
            ProbeQuestion::SameWithGroups,
            ProbeQuestion::SameWithSchemes,
        ],
        Some(Cause::AlpnMismatch) => &[ProbeQuestion::SameWithoutAlpn],
        Some(Cause::PathMtuBlackhole | Cause::ServerSilent) => VANISHED,
        _ => &[],
    }
}

/// A hello for TLS 1.2 and before says nothing that TLS 1.3 needs: that is added too.
fn with_every_version(same: Hello) -> Hello {
    let lacks_shares = same.shares.is_empty();
    let mut hello = same.with_versions(EVERY_VERSION);
    for suite in offer::every_suite() {
        if !hello.suites.contains(&suite) {
            hello.suites.push(suite);
        }
    }
    if hello.schemes.is_empty() {
        hello.schemes = offer::every_scheme();
        hello = hello.set(ExtensionType::SIGNATURE_ALGORITHMS, true);
    }
    if hello.psk_modes.is_empty() {
        hello.psk_modes = vec![1];
    }
    if lacks_shares {
        hello = hello.with_groups(&[X25519, P256, P384], &[X25519, P256]);
    }
    hello
}

fn classical(mut hello: Hello) -> Hello {
    hello.groups.retain(|group| !is_post_quantum(*group));
    hello.shares.retain(|(group, _)| !is_post_quantum(*group));
    hello
}

/// The hello that a report describes.
fn rebuilt(recorded: &RecordedHello) -> Option<Hello> {
    let lengths = recorded.key_share_bytes.iter().map(|len| usize::from(*len));
    let lengths = lengths.map(Some).chain(std::iter::repeat(None));
    let shares = recorded.key_shares.iter().copied().zip(lengths);
    let listed = recorded
        .extensions
        .contains(&ExtensionType::SUPPORTED_VERSIONS.0);
    let versions = recorded.versions.iter().filter(|_| listed);
    let versions = versions.map(|word| version(word));
    let extensions = recorded.extensions.iter().copied().take(MOST);
    Some(Hello {
        legacy_version: version(&recorded.legacy_version)?,
        session_id: if recorded.session_id == "none" { 0 } else { 32 },
        suites: recorded.cipher_suites.clone(),
        compression: recorded.compression_methods.clone(),
        extensions: extensions.filter(|kind| is_repeated(*kind)).collect(),
        name: text::unescape(recorded.sni.as_deref().unwrap_or_default()),
        versions: versions.collect::<Option<_>>()?,
        groups: recorded.groups.clone(),
        shares: shares.take(MOST).collect(),
        schemes: recorded.signature_schemes.clone(),
        protocols: recorded
            .alpn
            .iter()
            .map(|name| text::unescape(name))
            .collect(),
        point_formats: recorded.point_formats.clone(),
        psk_modes: recorded.psk_modes.clone(),
        seldom: seldom(recorded),
    })
}

fn seldom(recorded: &RecordedHello) -> Seldom {
    let psk = recorded.pre_shared_key.clone();
    let settings = recorded.application_settings.iter();
    Seldom {
        schemes_cert: recorded.signature_schemes_cert.clone(),
        delegated: recorded.delegated_credential.clone(),
        compress: recorded.certificate_compression.clone(),
        settings: settings.map(|name| text::unescape(name)).collect(),
        psk: psk.map(|psk| {
            (
                psk.identity_bytes.into_iter().take(MOST).collect(),
                psk.binder_bytes.into_iter().take(MOST).collect(),
                psk.obfuscated_ticket_age,
            )
        }),
        ticket: usize::from(recorded.session_ticket_bytes.unwrap_or_default()),
        fragment: recorded.max_fragment_length.unwrap_or_default(),
        record_limit: recorded.record_size_limit.unwrap_or_default(),
        heartbeat: recorded.heartbeat_mode.unwrap_or_default(),
        padding: usize::from(recorded.padding_bytes.unwrap_or_default()),
        ech: recorded.encrypted_client_hello.as_ref().and_then(outer),
    }
}

fn outer(ech: &RecordedEch) -> Option<OuterHello> {
    Some(OuterHello {
        kdf: ech.kdf?,
        aead: ech.aead?,
        config_id: ech.config_id?,
        enc: ech.enc_bytes?,
        payload: ech.payload_bytes?,
    })
}

/// Whether an extension is sent again. A cookie belongs to another connection, and a list of names is not in the report.
fn is_repeated(kind: u16) -> bool {
    let left_out = [
        ExtensionType::COOKIE,
        ExtensionType::CERTIFICATE_AUTHORITIES,
        ExtensionType::QUIC_TRANSPORT_PARAMETERS,
        ExtensionType::DRAFT_KEY_SHARE,
    ];
    !left_out.contains(&ExtensionType(kind))
}

/// In what a hello made from the report cannot be the same.
fn differences(report: &Recorded, recorded: &RecordedHello) -> Vec<String> {
    let mut differences = Vec::new();
    for kind in &recorded.extensions {
        let name = names::extension(*kind).map_or_else(|| format!("{kind:#06x}"), str::to_owned);
        let unreadable = recorded.unreadable_extensions.contains(kind);
        if !is_repeated(*kind) {
            differences.push(format!("the extension {name} is left out"));
        } else if unreadable || !is_known(*kind) {
            differences.push(format!("the extension {name} is sent without its content"));
        }
    }
    if let Some(protocol) = &report.starttls {
        let what = format!("the dialogue that asks for TLS ({protocol}) is left out");
        differences.push(what);
    }
    if report.proxy_protocol.is_some() {
        differences.push("the PROXY protocol header is left out".to_owned());
    }
    differences
}

/// A version from the word that reports have for it.
fn version(word: &str) -> Option<u16> {
    const KNOWN: [Version; 6] = [
        Version::SSL2_0,
        Version::SSL3_0,
        Version::TLS1_0,
        Version::TLS1_1,
        Version::TLS1_2,
        Version::TLS1_3,
    ];
    const GREASE: u16 = 0x0a0a;
    let known = KNOWN.iter().find(|version| version.to_string() == word);
    let draft = || word.strip_prefix("TLS1.3-draft-")?.parse::<u8>().ok();
    let number = || u16::from_str_radix(word.strip_prefix("0x")?, 16).ok();
    match known {
        Some(version) => Some(version.0),
        None if word == "GREASE" => Some(GREASE),
        None => draft()
            .map(|draft| u16::from_be_bytes([0x7f, draft]))
            .or_else(number),
    }
}
