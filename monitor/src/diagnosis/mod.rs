//! Why a handshake failed: small rules, asked in a fixed order, the first that knows answers.
//!
//! A rule sees one decided conversation and what its endpoint did for others lately. It answers with a cause, how sure it
//! is, and what it rests on; or it says nothing. When none knows, the verdict is `unexplained`, with the facts.

mod alert;
mod application;
mod baseline;
mod case;
mod certificate;
mod cipher;
mod client_certificate;
mod ech;
mod endpoint;
mod guide;
mod key;
mod mutual;
mod name;
mod offer;
mod open;
mod path;
mod proofs;
mod quic;
mod refusal;
mod transport;
mod unexplained;
mod verdict;
mod version;
mod words;

pub use baseline::{
    Baseline, Endpoints, Facts, Learned, Lesson, Named, Negotiated, Profile, Refusals, Service,
    Tried,
};
pub use case::Case;
pub use certificate::doubt;
pub use ech::old_key;
pub use guide::{Guide, guide, next_step};
pub use open::{OpenVerdicts, Revised, Said, is_open};
pub use proofs::Proofs;
pub use refusal::Refusal;
pub use verdict::Verdict;

pub(crate) use case::millis;
pub(crate) use certificate::visible as visible_faults;

use crate::report::Confidence;

/// A rule: what it knows about the case, if anything.
type Rule = fn(&Case<'_>) -> Option<Verdict>;

/// All rules, in the order in which they are asked. What is on the wire in plain sight comes before what is inferred.
const RULES: &[Rule] = &[
    transport::connection_refused,
    transport::connection_timeout,
    path::reset_between_legs,
    path::reset_in_transit,
    path::mtu_blackhole,
    quic::version_negotiation,
    quic::silent,
    application::plaintext_on_tls_port,
    application::tls_on_plaintext_server,
    version::said_so,
    cipher::said_so,
    application::alpn_mismatch,
    ech::rejected,
    endpoint::without_certificate,
    version::apart,
    cipher::apart,
    name::no_sni_rejected,
    name::unknown_sni,
    cipher::nothing_shared,
    quic::closed,
    version::not_offered,
    key::not_of_certificate,
    certificate::refused,
    client_certificate::none_sent,
    alert::said_so,
    alert::cannot_read,
    alert::encrypted,
    certificate::left_unfinished,
    client_certificate::refused,
    transport::server_silent,
    transport::client_abandoned,
    path::reset_from_elsewhere,
];

/// Says why. What is no more than possible gives way to a reset that came another way than its sender's packets.
pub fn diagnose(case: &Case<'_>) -> Verdict {
    let found = RULES.iter().find_map(|rule| rule(case));
    let is_guess = |verdict: &Verdict| verdict.confidence == Some(Confidence::Possible);
    let elsewhere = found
        .as_ref()
        .filter(|found| is_guess(found))
        .and_then(|_| path::reset_from_elsewhere(case));
    let verdict = elsewhere
        .or(found)
        .unwrap_or_else(|| unexplained::facts(case));
    let contrast = mutual::contrast(case, verdict.cause);
    verdict.and_all(contrast)
}
