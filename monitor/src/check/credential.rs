//! A certificate and its key, as a gateway would load them: well formed, belonging together, in date, in order, and for
//! the hosts that they are to serve.

use super::draft::{About, Draft, some};
use super::key::{KeyFault, PrivateKey};
use super::pem::{self, Block};
use crate::frame::Timestamp;
use crate::report::{Cause, Place};
use crate::tls::{Chain, Key, Leaf, name_matches};

/// A certificate is said to expire soon when that many seconds are left. cert-manager renews with a third of 90 days left.
const SOON: u64 = 14 * 24 * 3600;
const DAY: u64 = 24 * 3600;
/// Certificates of one text that are read; the reader of chains stops at ten as well.
const LARGEST_CHAIN: usize = 100;

const REFUSED: &str =
    "the gateway refuses such a pair and answers no handshake with it: clients see a reset";

/// One half of a credential: its text, and what it is called.
pub(super) struct Part<'a> {
    /// `tls.crt of Secret istio-system/shop`.
    pub(super) title: String,
    pub(super) place: Place,
    pub(super) bytes: &'a [u8],
}

/// What is to be judged, for which listener.
pub(super) struct Credential<'a> {
    pub(super) certificate: Part<'a>,
    pub(super) key: Part<'a>,
    /// Hosts that it has to cover, as the listeners have them.
    pub(super) hosts: &'a [String],
    pub(super) about: &'a About,
    pub(super) now: Timestamp,
}

impl Credential<'_> {
    /// All that is wrong with it.
    pub(super) fn judge(&self, out: &mut Vec<Draft>) -> Option<Key> {
        let key = self.private_key(out);
        let blocks = self.certificates(out)?;
        let body = message(&blocks);
        let Ok(chain) = Chain::read(&body, None) else {
            self.refused(
                &self.certificate,
                "has a certificate that cannot be read",
                FIX_PEM,
                out,
            );
            return None;
        };
        if let (Some(key), Some(info)) = (&key, Chain::leaf_key(&body)) {
            self.pair(key, info, &chain.leaf, out);
        }
        self.dates(&chain, out);
        self.order(&chain, &blocks, out);
        self.names(&chain.leaf, out);
        self.strength(&chain.leaf, out);
        chain.leaf.key
    }

    fn private_key(&self, out: &mut Vec<Draft>) -> Option<PrivateKey> {
        let blocks = self.blocks(&self.key, out)?;
        match PrivateKey::find(&blocks) {
            Ok((key, _)) => Some(key),
            Err(fault) => {
                self.refused(&self.key, &fault.to_string(), key_fix(fault), out);
                None
            }
        }
    }

    fn certificates(&self, out: &mut Vec<Draft>) -> Option<Vec<Block>> {
        let mut blocks = self.blocks(&self.certificate, out)?;
        let has_key = blocks
            .iter()
            .any(|block| block.label.ends_with("PRIVATE KEY"));
        blocks.retain(|block| block.label.ends_with("CERTIFICATE"));
        blocks.truncate(LARGEST_CHAIN);
        if blocks.is_empty() {
            let (what, fix) = if has_key {
                (
                    "is a private key, where the certificate belongs",
                    FIX_SWAPPED,
                )
            } else {
                ("has no certificate", FIX_PEM)
            };
            self.refused(&self.certificate, what, fix, out);
            return None;
        }
        Some(blocks)
    }

    fn blocks(&self, part: &Part<'_>, out: &mut Vec<Draft>) -> Option<Vec<Block>> {
        match pem::blocks(part.bytes) {
            Ok(blocks) => Some(blocks),
            Err(fault) => {
                self.refused(part, &fault.sentence(), FIX_PEM, out);
                None
            }
        }
    }

    fn refused(&self, part: &Part<'_>, what: &str, fix: &str, out: &mut Vec<Draft>) {
        let what = format!("{}: {what}", part.title);
        let draft = Draft::failure(Cause::EndpointWithoutCertificate, part.place.clone(), what);
        out.push(draft.why(REFUSED).fix(fix).about(self.about));
    }

    fn pair(&self, key: &PrivateKey, info: &[u8], leaf: &Leaf, out: &mut Vec<Draft>) {
        match key.belongs_to(info) {
            Some(true) => {}
            Some(false) => {
                let what = format!(
                    "does not belong to the certificate ({})",
                    leaf.certificate.subject_or_unknown()
                );
                self.refused(&self.key, &what, FIX_PAIR, out);
            }
            None => {
                let what = format!(
                    "{}: a kind of key that cannot be compared with the certificate here",
                    self.key.title
                );
                out.push(
                    Draft::note(self.key.place.clone(), what)
                        .fix("compare them with openssl: pkey -pubout beside x509 -pubkey"),
                );
            }
        }
    }

    fn dates(&self, chain: &Chain, out: &mut Vec<Draft>) {
        let title = &self.certificate.title;
        let place = || self.certificate.place.clone();
        for (number, one) in chain.certificates().enumerate() {
            let which = if number == 0 {
                "the certificate"
            } else {
                "an intermediate certificate"
            };
            let subject = one.subject_or_unknown();
            let (Some(begin), Some(end)) = (one.not_before, one.not_after) else {
                continue;
            };
            let left = end.distance(self.now).as_secs();
            if one.has_expired(self.now) {
                let what = format!(
                    "{title}: {which} expired {} days ago, at {end} ({subject})",
                    left / DAY
                );
                out.push(Draft::failure(Cause::CertificateExpired, place(), what).why("clients refuse it with alert certificate_expired, or leave without a word").fix(FIX_RENEW).about(self.about));
            } else if one.is_not_yet_valid(self.now) {
                let what = format!("{title}: {which} is not valid before {begin} ({subject})");
                out.push(Draft::failure(Cause::CertificateNotYetValid, place(), what).why("clients refuse it until then").fix("serve the certificate before it until then, or correct the clock of who issued it").about(self.about));
            } else if left < SOON {
                let what = format!(
                    "{title}: {which} expires in {} days, at {end} ({subject})",
                    left / DAY
                );
                out.push(
                    Draft::risk(Cause::CertificateExpired, place(), what)
                        .why("from then on clients refuse it")
                        .fix(FIX_RENEW)
                        .about(self.about),
                );
            }
        }
    }

    fn order(&self, chain: &Chain, blocks: &[Block], out: &mut Vec<Draft>) {
        let title = &self.certificate.title;
        let place = || self.certificate.place.clone();
        let subject = chain.leaf.certificate.subject_or_unknown();
        let draft = if is_authority(blocks) && chain.sent > 1 {
            let what = format!(
                "{title}: an authority's certificate stands first ({subject}); the server's own must"
            );
            Draft::failure(Cause::EndpointWithoutCertificate, place(), what).why("the key is held against the first certificate; if it fits, clients refuse an authority as a server").fix(FIX_ORDER)
        } else if chain.complete == Some(false) {
            let what = format!(
                "{title}: {} certificates, and none is that of the issuer of the first ({subject})",
                chain.sent
            );
            Draft::failure(Cause::CertificateChainIncomplete, place(), what)
                .why("clients cannot build a path to a root they trust: alert unknown_ca")
                .fix(FIX_ORDER)
        } else if !chain.ordered {
            let what = format!(
                "{title}: the certificates are not in order, each followed by that of its issuer"
            );
            Draft::risk(Cause::CertificateChainIncomplete, place(), what)
                .why("clients that take the chain as it comes refuse it (RFC 5246 section 7.4.2)")
                .fix(FIX_ORDER)
        } else if chain.leaf.self_signed {
            let what = format!("{title}: the certificate is its own issuer ({subject})");
            Draft::risk(Cause::CertificateUntrusted, place(), what).why("only clients that were given this very certificate trust it; others send alert unknown_ca").fix("use a certificate of an authority that the clients trust, or give them this one")
        } else if chain.complete.is_none() {
            let issuer = chain
                .leaf
                .certificate
                .issuer
                .as_deref()
                .unwrap_or("unreadable");
            let what = format!("{title}: the certificate comes alone; its issuer is {issuer}");
            Draft::risk(Cause::CertificateChainIncomplete, place(), what).why("unless its issuer is a root that clients hold, they cannot build a path to one: alert unknown_ca").fix("append the certificate of the issuer, unless that is the root")
        } else {
            return;
        };
        out.push(draft.about(self.about));
    }

    fn names(&self, leaf: &Leaf, out: &mut Vec<Draft>) {
        let names: Vec<&str> = leaf.names.kept.iter().map(AsRef::as_ref).collect();
        let uncovered: Vec<_> = self
            .hosts
            .iter()
            .filter(|host| *host != "*" && !covers(&names, host))
            .map(String::as_str)
            .collect();
        if uncovered.is_empty() || leaf.names.left_out > 0 {
            return;
        }
        let what = format!(
            "{}: the certificate is for {}, and not for {}",
            self.certificate.title,
            some(&names),
            some(&uncovered)
        );
        let about = About {
            hosts: uncovered.iter().map(|&host| host.to_owned()).collect(),
            ..About::default()
        };
        let draft = Draft::failure(
            Cause::CertificateHostnameMismatch,
            self.certificate.place.clone(),
            what,
        );
        out.push(draft.why("clients that ask for these names refuse it").fix("have a certificate issued whose subjectAltName has every host, or use one for each").about(&about));
    }

    fn strength(&self, leaf: &Leaf, out: &mut Vec<Draft>) {
        let place = || self.certificate.place.clone();
        let title = &self.certificate.title;
        let Some(key) = &leaf.key else { return };
        let draft = match (key.algorithm.as_ref(), key.bits) {
            ("RSA", Some(bits)) if bits < 2048 => {
                let what = format!("{title}: its RSA key has {bits} bits");
                Draft::failure(Cause::EndpointWithoutCertificate, place(), what)
                    .why("Envoy refuses RSA keys of less than 2,048 bits: clients see a reset")
                    .fix("have it issued for a key of 2,048 bits, or of the curve P-256")
            }
            ("Ed25519" | "Ed448" | "DSA", _) => {
                let what = format!("{title}: its key is {}", key.algorithm);
                Draft::risk(Cause::CipherMismatch, place(), what)
                    .why("browsers and many libraries offer no signature scheme for it")
                    .fix("have it issued for an RSA key or one of the curve P-256")
            }
            _ => return,
        };
        out.push(draft.about(self.about));
    }
}

const FIX_PEM: &str =
    "create it again from the files: kubectl create secret tls NAME --cert=chain.pem --key=key.pem";
const FIX_SWAPPED: &str =
    "certificate and key are swapped: tls.crt is the certificate, tls.key the key";
const FIX_PAIR: &str =
    "put the key there that the certificate was issued for; after a renewal both must be replaced";
const FIX_RENEW: &str = "renew it, and look why that did not happen by itself (cert-manager: kubectl describe certificate)";
const FIX_ORDER: &str = "put the server's own certificate first, then that of its issuer, and so on; the root may be left out";

const fn key_fix(fault: KeyFault) -> &'static str {
    match fault {
        KeyFault::Encrypted => "decrypt it: openssl pkey -in key.pem -out plain.pem",
        KeyFault::Certificate => FIX_SWAPPED,
        KeyFault::None | KeyFault::Unreadable => FIX_PEM,
    }
}

/// Whether a name of the certificate covers a host; of a wildcard the same wildcard must be there.
fn covers(names: &[&str], host: &str) -> bool {
    let covers_one = |name: &&str| {
        name.eq_ignore_ascii_case(host) || name_matches(name.as_bytes(), host.as_bytes())
    };
    names.iter().any(covers_one)
}

/// The first certificate is that of an authority (RFC 5280 section 4.2.1.9).
fn is_authority(blocks: &[Block]) -> bool {
    let Some(first) = blocks.first() else {
        return false;
    };
    let parsed = x509_parser::parse_x509_certificate(&first.der);
    parsed.is_ok_and(|(_, certificate)| certificate.is_ca())
}

/// Certificates as a Certificate message of TLS 1.2 has them, which is what the reader of chains reads.
fn message(blocks: &[Block]) -> Vec<u8> {
    let mut list = Vec::new();
    for block in blocks {
        push_vector(&mut list, &block.der);
    }
    let mut body = Vec::new();
    push_vector(&mut body, &list);
    body
}

/// A vector with a length of three bytes. A secret has a megabyte at most.
fn push_vector(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(length.get(1..).unwrap_or_default());
    out.extend_from_slice(bytes);
}

/// What is wrong with the certificates of the authorities that clients are held against.
pub(super) fn authorities(part: &Part<'_>, about: &About, now: Timestamp, out: &mut Vec<Draft>) {
    let fault = |what: &str| {
        let what = format!("{}: {what}", part.title);
        Draft::failure(Cause::EndpointWithoutCertificate, part.place.clone(), what).why("without authorities to hold client certificates against, the gateway answers no handshake").fix(FIX_PEM).about(about)
    };
    let blocks = match pem::blocks(part.bytes) {
        Ok(blocks) => blocks,
        Err(error) => return out.push(fault(&error.sentence())),
    };
    let read: Vec<_> = blocks
        .iter()
        .filter_map(|block| Chain::read(&message(std::slice::from_ref(block)), None).ok())
        .collect();
    if read.is_empty() {
        return out.push(fault("has no certificate"));
    }
    for one in read.iter().filter_map(|chain| chain.expired(now)) {
        let what = format!(
            "{}: the authority {} has expired",
            part.title,
            one.subject_or_unknown()
        );
        let draft = Draft::failure(Cause::ClientCertificateRejected, part.place.clone(), what);
        out.push(
            draft
                .why("client certificates that it issued are refused")
                .fix("add the authority that issues them now")
                .about(about),
        );
    }
}
