//! A finding while it is being put together, and which handshakes it is about.

use std::collections::BTreeMap;

use crate::report::{Cause, Finding, Place, Seen, Severity};

/// Which handshakes show what a finding says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    /// Hosts of the listener, with wildcards as Istio has them.
    pub(super) hosts: Vec<String>,
    /// Those without a name as well.
    pub(super) without_name: bool,
    /// Whatever the name.
    pub(super) any_name: bool,
    /// Those that came to pods with these labels; none where that makes no difference.
    pub(super) labels: Option<BTreeMap<String, String>>,
}

impl About {
    /// Whether a hello for this name, or for none, is meant.
    pub(super) fn covers(&self, name: Option<&str>) -> bool {
        match name {
            None => self.without_name || self.any_name,
            Some(name) => self.any_name || self.hosts.iter().any(|host| serves(host, name)),
        }
    }
}

/// Whether a host of a listener takes hellos for this name: `*` all, `*.example.com` any number of labels before it.
pub(super) fn serves(host: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    match host.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => {
            let at = name.len().checked_sub(suffix.len()).filter(|at| *at > 0);
            at.and_then(|at| name.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
        }
        None => host.eq_ignore_ascii_case(name),
    }
}

/// A finding, and what it is about.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) finding: Finding,
    pub(super) about: About,
}

impl Draft {
    pub(super) fn new(
        severity: Severity,
        cause: impl Into<Option<Cause>>,
        place: Place,
        what: impl Into<String>,
    ) -> Self {
        Self {
            finding: Finding {
                severity,
                cause: cause.into(),
                what: what.into(),
                place,
                why: String::new(),
                fix: String::new(),
                seen: None,
            },
            about: About::default(),
        }
    }

    pub(super) fn failure(cause: Cause, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Failure, cause, place, what)
    }

    pub(super) fn risk(cause: Cause, place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Risk, cause, place, what)
    }

    pub(super) fn note(place: Place, what: impl Into<String>) -> Self {
        Self::new(Severity::Note, None, place, what)
    }

    /// Why it matters to clients.
    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.finding.why = why.into();
        self
    }

    /// How to mend it.
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.finding.fix = fix.into();
        self
    }

    pub(super) fn about(mut self, about: &About) -> Self {
        self.about = about.clone();
        self
    }

    /// Handshakes were seen that it explains: clients do fail.
    pub(super) fn witnessed(&mut self, seen: &Seen) {
        self.finding.severity = Severity::Failure;
        let all = self.finding.seen.get_or_insert_default();
        all.handshakes = all.handshakes.saturating_add(seen.handshakes);
        // Groups differ by name or cause, so that a client may be in several.
        all.clients = all.clients.max(seen.clients);
        for address in &seen.addresses {
            if all.addresses.len() < 5 && !all.addresses.contains(address) {
                all.addresses.push(address.clone());
            }
        }
        let known = u64::try_from(all.addresses.len()).unwrap_or(u64::MAX);
        all.clients = all.clients.max(known);
    }
}

/// `a, b, c and 4 more`.
pub(super) fn some(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::same("a.example", "A.example.", true)]
    #[case::other("a.example", "b.example", false)]
    #[case::star("*", "b.example", true)]
    #[case::wildcard("*.example", "a.example", true)]
    #[case::labels("*.example", "a.b.example", true)]
    #[case::parent("*.example", "example", false)]
    #[case::dot("*.example", ".example", false)]
    #[case::not_at_a_dot("*.example", "aexample", false)]
    fn a_host_serves_names_as_envoy_matches_them(
        #[case] host: &str,
        #[case] name: &str,
        #[case] does: bool,
    ) {
        assert_eq!(serves(host, name), does);
    }
}
