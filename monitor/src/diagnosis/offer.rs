//! What a client offers, beside what its endpoint negotiated with others lately.

use super::baseline::Profile;
use super::words::{LATELY, codes, counted, versions};
use crate::tls::{ClientHello, RecordSizes, Version, is_grease, names};

/// From so many handshakes on, what was negotiated in none of them counts as what the endpoint does not take.
pub(super) const ENOUGH: u32 = 3;

/// What a client offers, beside what its endpoint negotiated with others lately.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<'a> {
    pub(super) hello: &'a ClientHello,
    pub(super) profile: Profile<'a>,
}

/// What client and endpoint do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    /// Protocol versions.
    Versions,
    /// Cipher suites.
    Suites,
    /// Groups of the key exchange.
    Groups,
    /// Algorithms of signatures.
    Schemes,
}

impl Offer<'_> {
    /// Something was negotiated that can be compared with.
    pub(super) const fn has_contrast(&self) -> bool {
        self.profile.answered > 0
    }

    /// It was negotiated often enough to tell what is never negotiated.
    pub(super) const fn has_much_contrast(&self) -> bool {
        self.profile.answered >= ENOUGH
    }

    /// The first thing of which the client offers none that the endpoint negotiated.
    pub(super) fn apart(&self) -> Option<Apart> {
        if !self.has_contrast() || !self.profile.is_whole() {
            return None;
        }
        match () {
            () if self.versions_are_apart() => Some(Apart::Versions),
            () if self.suites_are_apart() => Some(Apart::Suites),
            () if self.groups_are_apart() => Some(Apart::Groups),
            () if self.schemes_are_apart() => Some(Apart::Schemes),
            () => None,
        }
    }

    /// `the client offers at most TLS1.1; this endpoint negotiated TLS1.2 and TLS1.3 in 1,204 handshakes in the last 5 min`.
    pub(super) fn told(&self, what: Apart) -> String {
        let (ours, theirs) = (self.client(what), self.server(what));
        let many = counted(self.profile.answered, "handshake");
        if theirs.is_empty() {
            return format!(
                "the client offers {ours}; nothing was negotiated on this endpoint {LATELY} to compare with"
            );
        }
        format!("the client offers {ours}; this endpoint negotiated {theirs} in {many} {LATELY}")
    }

    /// What is apart, where something else is the more likely reason.
    pub(super) fn hint(&self) -> Option<String> {
        Some(format!("besides, {}", self.told(self.apart()?)))
    }

    /// What is apart may be the reason. Of versions, only what is below TLS 1.2: that others negotiate TLS 1.3 does not say that
    /// the endpoint would not take TLS 1.2.
    pub(super) fn may_be_the_reason(&self) -> bool {
        self.apart()
            .is_some_and(|apart| apart != Apart::Versions || !offers(self.hello, Version::TLS1_2))
    }

    /// What the client offers.
    pub(super) fn client(&self, what: Apart) -> String {
        let hello = self.hello;
        match what {
            Apart::Versions if hello.versions.is_empty() => {
                format!("at most {}", hello.legacy_version)
            }
            Apart::Versions => versions(hello.offered_versions()),
            Apart::Suites => codes(self.suites(), names::cipher_suite),
            Apart::Groups => codes(meant(&hello.groups), names::group),
            Apart::Schemes => codes(meant(&hello.signature_schemes), names::signature_scheme),
        }
    }

    fn server(&self, what: Apart) -> String {
        match what {
            Apart::Versions => versions(self.profile.versions()),
            Apart::Suites => codes(self.profile.suites(), names::cipher_suite),
            Apart::Groups => codes(self.profile.groups(), names::group),
            Apart::Schemes => codes(self.profile.schemes(), names::signature_scheme),
        }
    }

    /// The client offers TLS 1.2, and does not offer both for RSA and for ECDSA certificates a suite that is recommended for it
    /// (RFC 9325 section 4.2): a server that speaks TLS 1.2 may have none of its suites.
    pub(super) fn may_lack_suites(&self) -> bool {
        const RSA: [u16; 2] = [0xc02f, 0xc030];
        const ECDSA: [u16; 2] = [0xc02b, 0xc02c];
        let has = |suites: [u16; 2]| self.suites().any(|suite| suites.contains(&suite));
        offers(self.hello, Version::TLS1_2) && !(has(RSA) && has(ECDSA))
    }

    fn versions_are_apart(&self) -> bool {
        let mut theirs = self.profile.versions();
        !theirs.any(|version| offers(self.hello, version))
    }

    fn suites_are_apart(&self) -> bool {
        let mut theirs = self.profile.suites();
        !theirs.any(|suite| self.suites().any(|ours| ours == suite))
    }

    /// Groups matter only where each suite that both know needs one.
    fn groups_are_apart(&self) -> bool {
        let mut shared = self
            .suites()
            .filter(|ours| self.profile.suites().any(|suite| suite == *ours));
        let mut theirs = self.profile.groups().peekable();
        let compares = theirs.peek().is_some() && !self.hello.groups.is_empty();
        compares
            && shared.all(needs_group)
            && !theirs.any(|group| self.hello.groups.contains(&group))
    }

    /// A server signs with the key that it has: schemes are apart when they are for other kinds of keys. What it signs with
    /// can be seen in TLS 1.2 only.
    fn schemes_are_apart(&self) -> bool {
        let ours = &self.hello.signature_schemes;
        let mut theirs = self.profile.schemes().peekable();
        let compares = theirs.peek().is_some() && !ours.is_empty();
        let signs = |scheme| ours.iter().any(|own| key_kind(*own) == key_kind(scheme));
        compares && !theirs.any(signs)
    }

    /// The cipher suites that the client can use with the versions that it offers.
    fn suites(&self) -> impl Iterator<Item = u16> {
        let hello = self.hello;
        let newer = hello.offered_versions().any(Version::is_tls13);
        let is_older = |version: Version| !version.is_tls13() && !version.is_grease();
        let older = hello.offered_versions().any(is_older);
        let suites = hello.cipher_suites.iter().copied();
        suites.filter(move |suite| {
            let usable = if RecordSizes::of(*suite).is_some() {
                newer
            } else {
                older
            };
            usable && !is_grease(*suite) && !is_signal(*suite)
        })
    }
}

/// Code points, without those that mean nothing on purpose.
fn meant(list: &[u16]) -> impl Iterator<Item = u16> {
    list.iter().copied().filter(|code| !is_grease(*code))
}

/// Whether a hello offers this version. Without a list of versions it offers all up to the one that it names (RFC 8446
/// section 4.2.1).
pub(super) fn offers(hello: &ClientHello, version: Version) -> bool {
    if hello.versions.is_empty() {
        return version <= hello.legacy_version;
    }
    hello.offered_versions().any(|offered| offered == version)
}

/// Suites that are none, and only signal something: TLS_EMPTY_RENEGOTIATION_INFO_SCSV and TLS_FALLBACK_SCSV.
const fn is_signal(suite: u16) -> bool {
    matches!(suite, 0x00ff | 0x5600)
}

/// Whether the key exchange of a suite takes place in a group that is named in the hello.
fn needs_group(suite: u16) -> bool {
    let by_name = |name: &str| name.contains("_ECDHE_") || name.contains("_ECDH_");
    RecordSizes::of(suite).is_some() || names::cipher_suite(suite).is_some_and(by_name)
}

/// The kind of key that a signature scheme is for (RFC 8446 section 4.2.3). The curves of ECDSA count as one: before TLS 1.3
/// a scheme does not fix the curve.
const fn key_kind(scheme: u16) -> u16 {
    const RSA: u16 = 1;
    const ECDSA: u16 = 3;
    match scheme {
        0x0804..=0x0806 | 0x0809..=0x080b => RSA,
        0x081a..=0x081c => ECDSA,
        // SignatureAndHashAlgorithm (RFC 5246 section 7.4.1.4.1): the low byte is the kind of key.
        0x0100..=0x06ff => scheme & 0xff,
        _ => scheme,
    }
}
