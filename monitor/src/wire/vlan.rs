//! What may stand between a link header and the IP header: VLAN and other tags (IEEE 802.1Q, 802.1ad), PPPoE (RFC 2516),
//! MPLS labels (RFC 3032) and pseudowires (RFC 4448).

use super::{Unreadable, bytes};

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;
const SERVICE_VLAN: u16 = 0x88a8;
/// The tag types of equipment older than 802.1ad.
const OLD_SERVICE_VLAN: [u16; 3] = [0x9100, 0x9200, 0x9300];
/// A security group tag in the clear, as switches of TrustSec networks add it.
const CISCO_METADATA: u16 = 0x8909;
const PPPOE_SESSION: u16 = 0x8864;
/// MPLS labels, unicast and multicast (RFC 5332).
const MPLS: [u16; 2] = [0x8847, 0x8848];
/// More labels than this are nobody's traffic.
const MAX_LABELS: usize = 16;
/// The length of a PPPoE header.
const PPPOE: usize = 6;

/// Protocol numbers of PPP.
const PPP_IPV4: u16 = 0x0021;
const PPP_IPV6: u16 = 0x0057;

/// More tags than this are nobody's traffic.
const MAX_TAGS: usize = 4;

/// Where the IP header starts, when a header of EtherType `ethertype` starts at `at`.
pub(super) fn ip_header(frame: &[u8], ethertype: u16, at: usize) -> Result<usize, Unreadable> {
    let (mut ethertype, mut at) = (ethertype, at);
    for _ in 0..=MAX_TAGS {
        let to_next = match ethertype {
            IPV4 | IPV6 => return Ok(at),
            VLAN | SERVICE_VLAN => 2,
            old if OLD_SERVICE_VLAN.contains(&old) => 2,
            CISCO_METADATA => 6,
            mpls if MPLS.contains(&mpls) => {
                let bottom = behind_labels(frame, at)?;
                match bytes::u16(frame, bottom).map(|word| word >> 12) {
                    Some(4 | 6) => return Ok(bottom),
                    // A control word, then the Ethernet header of a pseudowire.
                    Some(0) => bottom.saturating_sub(at).saturating_add(4 + 12),
                    Some(_) => return Err(Unreadable::NotIp),
                    None => return Err(Unreadable::Truncated),
                }
            }
            PPPOE_SESSION => return behind_ppp(frame, at.saturating_add(PPPOE)),
            _ => return Err(Unreadable::NotIp),
        };
        at = at.saturating_add(to_next);
        ethertype = bytes::u16(frame, at).ok_or(Unreadable::Truncated)?;
        at = at.saturating_add(2);
    }
    Err(Unreadable::NotIp)
}

/// Where the labels end, of which the first stands at `at`: the last has the bottom-of-stack bit.
fn behind_labels(frame: &[u8], at: usize) -> Result<usize, Unreadable> {
    let mut at = at;
    for _ in 0..MAX_LABELS {
        let label = bytes::u32(frame, at).ok_or(Unreadable::Truncated)?;
        at = at.saturating_add(4);
        if label & 0x100 != 0 {
            return Ok(at);
        }
    }
    Err(Unreadable::NotIp)
}

/// Where the IP header starts, when a PPP protocol field starts at `at`.
pub(super) fn behind_ppp(frame: &[u8], at: usize) -> Result<usize, Unreadable> {
    match bytes::u16(frame, at) {
        Some(PPP_IPV4 | PPP_IPV6) => Ok(at.saturating_add(2)),
        Some(_) => Err(Unreadable::NotIp),
        None => Err(Unreadable::Truncated),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::untagged(IPV4, &[], Ok(0))]
    #[case::ipv6(IPV6, &[], Ok(0))]
    #[case::tagged(VLAN, &[0, 5, 0x08, 0x00], Ok(4))]
    #[case::tagged_twice(SERVICE_VLAN, &[0, 5, 0x81, 0x00, 0, 6, 0x86, 0xdd], Ok(8))]
    #[case::old_tag(0x9100, &[0, 5, 0x08, 0x00], Ok(4))]
    #[case::pppoe(PPPOE_SESSION, &[0x11, 0, 0, 1, 0, 42, 0x00, 0x21], Ok(8))]
    #[case::pppoe_ipv6(PPPOE_SESSION, &[0x11, 0, 0, 1, 0, 42, 0x00, 0x57], Ok(8))]
    #[case::pppoe_control(PPPOE_SESSION, &[0x11, 0, 0, 1, 0, 42, 0xc0, 0x21], Err(Unreadable::NotIp))]
    #[case::security_group(CISCO_METADATA, &[1, 1, 0, 1, 0, 2, 0x08, 0x00], Ok(8))]
    #[case::one_label(0x8847, &[0, 1, 0x01, 64, 0x45, 0], Ok(4))]
    #[case::labels(0x8848, &[0, 1, 0x00, 64, 0, 2, 0x01, 64, 0x60, 0], Ok(8))]
    #[case::pseudowire(0x8847, &[0, 1, 1, 64, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0x08, 0x00], Ok(22))]
    #[case::label_of_something_else(0x8847, &[0, 1, 0x01, 64, 0x10, 0], Err(Unreadable::NotIp))]
    #[case::cut_in_the_labels(0x8847, &[0, 1, 0x00, 64, 0, 2], Err(Unreadable::Truncated))]
    #[case::labels_without_end(0x8847, &[0; 400], Err(Unreadable::NotIp))]
    #[case::tagged_arp(VLAN, &[0, 5, 0x08, 0x06], Err(Unreadable::NotIp))]
    #[case::cut_in_the_tag(VLAN, &[0, 5, 0x08], Err(Unreadable::Truncated))]
    #[case::cut_in_pppoe(PPPOE_SESSION, &[0x11, 0, 0, 1, 0, 42, 0], Err(Unreadable::Truncated))]
    #[case::tags_without_end(VLAN, &[0x81; 400], Err(Unreadable::NotIp))]
    fn tags_are_stepped_over(
        #[case] ethertype: u16,
        #[case] bytes: &[u8],
        #[case] expected: Result<usize, Unreadable>,
    ) {
        assert_eq!(ip_header(bytes, ethertype, 0), expected);
    }
}
