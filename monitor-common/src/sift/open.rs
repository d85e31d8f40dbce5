//! Which packets open a flow.

use super::found::Place;
use super::segment::Segment;
use super::shape::Start;
use super::{List, Settings, Transport};
use crate::abi::{FlowKey, MATCH_ALLOW, MATCH_DENY};

/// A SYN or SYN/ACK on a configured port, or a hello at the start of a payload. Of UDP, an Initial packet of QUIC.
#[inline(always)]
pub(super) fn opens(segment: &Segment, configured: bool) -> bool {
    let place = segment.place;
    if matches!(place.transport, Transport::Udp) {
        return matches!(segment.start, Start::Initial);
    }
    if place.flags & Place::RST != 0 {
        return false;
    }
    (place.is_syn() && configured) || matches!(segment.start, Start::Hello)
}

/// Whether the lists let this flow be followed; asked once for each flow.
#[inline(always)]
pub(super) fn admitted<S: Settings>(settings: &S, matching: u32, key: &FlowKey) -> bool {
    if matching & MATCH_DENY != 0
        && (settings.listed(List::Deny, key.low) || settings.listed(List::Deny, key.high))
    {
        return false;
    }
    matching & MATCH_ALLOW == 0
        || settings.listed(List::Allow, key.low)
        || settings.listed(List::Allow, key.high)
}
