//! Whether a reset looks like the other packets of the host that it claims to come from.
//!
//! A host gives its packets the same hop limit at the start, and they lose as much of it on the way: what arrives is the same,
//! until somebody else speaks in its name. But hosts have their ways: a reset may start with another of the usual limits (64,
//! 128, 255), and Linux gives one for a closed socket the IP identification 0. So what a usual start explains is no sign, and
//! one sign alone is not enough.

use crate::wire::Look;

/// The hop limits that hosts start with.
const STARTS: [u8; 3] = [64, 128, 255];
/// A host that counts its packets counts those to others as well, but not so many in so short a time.
const NEAR: u16 = 1024;

/// How the packets of one side look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looks {
    hop_limit: u8,
    alike: u8,
    varied: bool,
    last_id: Option<u16>,
    ids: Ids,
    zero_opening: bool,
}

/// How one side numbers its packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ids {
    #[default]
    Unknown,
    /// One after the other.
    Counted,
    /// Always zero.
    Zero,
    /// In another way.
    Other,
}

/// What speaks against a reset's coming from whom it claims to come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The hop limit of that side's other packets, and of the reset.
    pub hop_limits: [u8; 2],
    /// Its identification is none that this side would give it.
    pub odd_id: bool,
    /// It stands behind all that this side has sent.
    pub odd_place: bool,
    /// It was made on the host that captured it; the others came from elsewhere.
    pub made_here: bool,
}

impl Foreign {
    /// Whether more than the hop limit speaks against it.
    pub const fn is_sure(self) -> bool {
        self.odd_id || self.odd_place || self.made_here
    }
}

impl Looks {
    /// Takes note of a packet that is no reset. A SYN/ACK is sent before there is a socket that counts: where that has the
    /// identification 0 and what follows has not, the socket counts.
    pub fn note(&mut self, look: Look, is_syn_ack: bool) {
        if self.alike == 0 {
            self.hop_limit = look.hop_limit;
        }
        self.varied |= self.hop_limit != look.hop_limit;
        self.alike = self.alike.saturating_add(1);
        let Some(id) = look.ip_id else { return };
        if is_syn_ack {
            self.zero_opening = id == 0;
            return;
        }
        self.ids = match (self.last_id, self.zero_opening) {
            (Some(last), _) => self.ids.then(last, id),
            (None, true) if id == 0 => Ids::Zero,
            (None, true) => Ids::Counted,
            (None, false) => Ids::Unknown,
        };
        self.last_id = Some(id);
    }

    /// What speaks against a reset of this side; none where its hop limit does not, or where there is too little to compare
    /// with. One packet is enough for a reset that this host made: it has passed no router, and the other has. `odd_place`:
    /// the reset stands behind all that the side has sent.
    pub fn judge(&self, reset: Look, odd_place: bool) -> Option<Foreign> {
        let usual = self.hop_limit;
        let same_way = hops(usual) == hops(reset.hop_limit);
        let made_here = reset.leaves && hops(reset.hop_limit) == 0;
        let least = if made_here { 1 } else { 2 };
        if self.alike < least || self.varied || same_way {
            return None;
        }
        Some(Foreign {
            hop_limits: [usual, reset.hop_limit],
            odd_id: reset.ip_id.is_some_and(|id| self.is_odd(id)),
            odd_place,
            made_here,
        })
    }

    fn is_odd(&self, id: u16) -> bool {
        let Some(last) = self.last_id.filter(|_| id != 0) else {
            return false;
        };
        match self.ids {
            Ids::Counted => distance(last, id).min(distance(id, last)) > NEAR,
            Ids::Zero => true,
            Ids::Unknown | Ids::Other => false,
        }
    }
}

impl Ids {
    const fn then(self, last: u16, id: u16) -> Self {
        match (self, distance(last, id)) {
            (Self::Unknown | Self::Zero, 0) if id == 0 => Self::Zero,
            // The same packet again, from another place.
            (_, 0) => self,
            (Self::Unknown | Self::Counted, ..=NEAR) => Self::Counted,
            _ => Self::Other,
        }
    }
}

/// How many routers a packet has passed, if it started with one of the usual limits.
fn hops(hop_limit: u8) -> u8 {
    let start = STARTS.into_iter().find(|start| *start >= hop_limit);
    start.unwrap_or(u8::MAX).saturating_sub(hop_limit)
}

const fn distance(from: u16, to: u16) -> u16 {
    to.wrapping_sub(from)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn look(hop_limit: u8, ip_id: u16) -> Look {
        Look {
            hop_limit,
            ip_id: Some(ip_id),
            leaves: false,
        }
    }

    /// What a side's SYN/ACK and two more packets look like.
    fn usual(hop_limit: u8, ids: [u16; 2]) -> Looks {
        let mut looks = Looks::default();
        looks.note(look(hop_limit, 0), true);
        for id in ids {
            looks.note(look(hop_limit, id), false);
        }
        looks
    }

    #[rstest]
    #[case::like_the_others(52, 7003)]
    #[case::of_a_closed_socket(52, 0)]
    #[case::from_another_start(116, 0)]
    #[case::from_another_start_with_an_id(243, 40_000)]
    fn what_a_host_does_is_no_sign(#[case] hop_limit: u8, #[case] id: u16) {
        let found = usual(52, [7001, 7002]).judge(look(hop_limit, id), false);
        assert_eq!(found, None);
    }

    #[rstest]
    #[case::only_the_hop_limit(7003, false, false)]
    #[case::of_a_closed_socket(0, false, false)]
    #[case::an_id_from_elsewhere(40_000, false, true)]
    #[case::a_place_from_elsewhere(0, true, true)]
    fn another_way_is_a_sign_and_sure_with_a_second(
        #[case] id: u16,
        #[case] odd_place: bool,
        #[case] sure: bool,
    ) {
        let found = usual(52, [7001, 7002]).judge(look(57, id), odd_place);
        assert_eq!(found.map(Foreign::is_sure), Some(sure));
    }

    #[test]
    fn a_socket_that_counts_is_known_by_its_first_packet() {
        let mut looks = Looks::default();
        looks.note(look(52, 0), true);
        looks.note(look(52, 7001), false);
        let odd = |id| looks.judge(look(57, id), false).map(|found| found.odd_id);
        assert_eq!(
            [odd(7002), odd(0), odd(40_000)],
            [Some(false), Some(false), Some(true)]
        );
    }

    #[test]
    fn where_hop_limits_vary_nothing_is_said() {
        let mut looks = usual(52, [7001, 7002]);
        looks.note(look(51, 7003), false);
        assert_eq!(looks.judge(look(57, 40_000), true), None);
    }

    #[test]
    fn with_one_packet_there_is_nothing_to_compare_with() {
        let mut looks = Looks::default();
        looks.note(look(52, 0), true);
        assert_eq!(looks.judge(look(57, 40_000), true), None);
    }

    #[test]
    fn ids_at_random_tell_nothing() {
        let looks = usual(52, [7001, 60_000]);
        let found = looks.judge(look(57, 40_000), false);
        assert_eq!(found.map(|found| found.odd_id), Some(false));
    }

    #[test]
    fn what_this_host_made_has_passed_no_router() {
        let reset = Look {
            leaves: true,
            ..look(64, 0)
        };
        let found = usual(63, [7001, 7002]).judge(reset, false);
        assert_eq!(found.map(|found| found.made_here), Some(true));
        let mut one = Looks::default();
        one.note(look(63, 0), true);
        let found = one.judge(reset, false);
        assert_eq!(found.map(Foreign::is_sure), Some(true));
    }
}
