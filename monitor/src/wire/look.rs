//! How a packet looks: what its sender's IP stack and the path make of its header.

use crate::frame::{Direction, Frame};

/// How a packet looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// IPv4 time to live or IPv6 hop limit.
    pub hop_limit: u8,
    /// IPv4 identification; IPv6 has none.
    pub ip_id: Option<u16>,
    /// It left the host that captured it.
    pub leaves: bool,
}

impl Look {
    /// How the packet of a frame looks; the outermost, where it carries others.
    pub fn of(frame: &Frame<'_>) -> Option<Self> {
        let leaves = frame.direction == Direction::Egress;
        match frame.network {
            [0x40..=0x4f, _, _, _, high, low, _, _, hop_limit, ..] => Some(Self {
                hop_limit: *hop_limit,
                ip_id: Some(u16::from_be_bytes([*high, *low])),
                leaves,
            }),
            [0x60..=0x6f, _, _, _, _, _, _, hop_limit, ..] => Some(Self {
                hop_limit: *hop_limit,
                ip_id: None,
                leaves,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::build::{frame, ipv4};

    #[test]
    fn the_fields_are_those_of_the_header() {
        let mut packet = ipv4(6, 0, b"payload");
        packet[4..6].copy_from_slice(&[1, 2]);
        packet[8] = 57;
        let seen = frame(&packet);
        let expected = Look {
            hop_limit: 57,
            ip_id: Some(258),
            leaves: false,
        };
        assert_eq!(Look::of(&seen), Some(expected));
        let mut packet = [0; 40];
        (packet[0], packet[7]) = (0x60, 52);
        let look = Look::of(&frame(&packet)).unwrap();
        assert_eq!((look.hop_limit, look.ip_id), (52, None));
        assert_eq!(Look::of(&frame(&packet[..7])), None);
    }
}
