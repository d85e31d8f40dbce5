//! What the log says of the checks.

use super::checkup::Finding;
use super::watched::NAMED;
use crate::capture::hooks::HookState;

/// Says which programs do not run, and which do again: one line for each kind of news.
pub(super) fn tell(findings: &[Finding]) {
    if let Some((hooks, packets)) = named(findings, |state| state == HookState::Silent) {
        tracing::warn!(
            hooks,
            packets,
            "the program does not run: packets pass and it sees none of them; another program takes them first, or they are redirected before it (docs/operations.md)"
        );
    }
    if let Some((hooks, _)) = named(findings, |state| state == HookState::OneSided) {
        tracing::info!(
            hooks,
            "packets in this direction pass the interface by, as with host routing; other interfaces show them"
        );
    }
    let is_well = |state| matches!(state, HookState::Running | HookState::Idle);
    if let Some((hooks, _)) = named(findings, is_well) {
        tracing::info!(hooks, "the program sees packets again");
    }
}

/// The hooks that are in such a state now, the first few by name, and how many packets say so.
fn named(findings: &[Finding], is_wanted: fn(HookState) -> bool) -> Option<(String, u64)> {
    let wanted: Vec<_> = findings
        .iter()
        .filter(|finding| is_wanted(finding.now))
        .collect();
    let names: Vec<_> = wanted
        .iter()
        .take(NAMED)
        .map(|finding| finding.hook.as_str())
        .collect();
    let more = match wanted.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let text = names.join(", ") + &more;
    let packets = wanted.iter().map(|finding| finding.packets).sum();
    (!wanted.is_empty()).then_some((text, packets))
}
