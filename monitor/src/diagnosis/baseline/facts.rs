//! What a baseline knows, as a copy: whoever asks may keep it while the baseline learns on.

use super::endpoint::Baseline;
use super::endpoints::Service;
use super::profile::Profile;
use super::refusals::Refusals;
use super::tried::Tried;
use crate::frame::Timestamp;
use crate::tls::Version;

/// Names of one endpoint that are copied: those that were tried most.
const NAMES: usize = 16;

/// What one endpoint did in the last minutes.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Which.
    pub service: Service,
    /// When it last did anything.
    pub last_use: Timestamp,
    /// Nothing speaks against its being up.
    pub is_up: bool,
    /// Hellos that carried a name.
    pub with_sni: Tried,
    /// Hellos that carried none.
    pub without_sni: Tried,
    /// What it negotiates.
    pub negotiated: Negotiated,
    /// The names that it answers, those that were tried most first.
    pub names: Vec<Named>,
    /// How many more names it answers.
    pub other_names: usize,
    /// Every name that it answers is known.
    pub knows_all_names: bool,
    /// What it refused without a word since it last answered anybody; none where it refused nothing.
    pub refusals: Option<Refusals>,
}

/// What was tried with one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As in the ClientHello.
    pub name: Box<[u8]>,
    /// What came of it.
    pub tried: Tried,
}

/// What an endpoint negotiates, in the order in which it was first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Negotiated {
    /// Protocol versions.
    pub versions: Vec<Version>,
    /// Cipher suites.
    pub suites: Vec<u16>,
    /// Groups of the key exchange.
    pub groups: Vec<u16>,
    /// Schemes that the server signs with, where they can be seen: TLS 1.2.
    pub schemes: Vec<u16>,
    /// Application protocols, where they can be seen: TLS 1.2 and before.
    pub protocols: Vec<Box<[u8]>>,
    /// This is all that was negotiated.
    pub is_whole: bool,
}

impl Facts {
    pub(super) fn of(service: Service, baseline: &Baseline, now: Timestamp) -> Self {
        let (names, other_names) = baseline.names_tried(now, NAMES);
        let refusals = *baseline.refusals();
        Self {
            service,
            last_use: baseline.last_use(),
            is_up: baseline.was_up(now),
            with_sni: baseline.with_sni(now),
            without_sni: baseline.without_sni(now),
            negotiated: Negotiated::of(&baseline.all_negotiated(now)),
            names,
            other_names,
            knows_all_names: baseline.knows_all_names(),
            refusals: Some(refusals).filter(|refusals| refusals.count > 0),
        }
    }
}

impl Negotiated {
    fn of(profile: &Profile<'_>) -> Self {
        Self {
            versions: profile.versions().collect(),
            suites: profile.suites().collect(),
            groups: profile.groups().collect(),
            schemes: profile.schemes().collect(),
            protocols: profile.protocols().map(Into::into).collect(),
            is_whole: profile.is_whole(),
        }
    }
}
