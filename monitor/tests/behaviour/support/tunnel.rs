//! Packets put into tunnels.

use super::frames::OwnedFrame;

/// What a packet is put into.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Vxlan,
    Geneve,
    Gre,
    /// GTP-U.
    Gtp,
}

impl Kind {
    /// The header of a tunnel of this kind and number, and what stands between it and the packet.
    fn header(self, id: u32, inner: u16) -> Vec<u8> {
        let [_, a, b, c] = id.to_be_bytes();
        let ethernet = [&[2; 12][..], &[0x08, 0x00]].concat();
        match self {
            Self::Vxlan => [&[8, 0, 0, 0, a, b, c, 0][..], &ethernet].concat(),
            Self::Geneve => [&[0, 0, 0x65, 0x58, a, b, c, 0][..], &ethernet].concat(),
            Self::Gre => [&[0x20, 0, 0x08, 0x00][..], &id.to_be_bytes()].concat(),
            Self::Gtp => [&[0x30, 0xff][..], &inner.to_be_bytes(), &id.to_be_bytes()].concat(),
        }
    }

    /// The UDP port of the tunnel; none where it is a protocol of its own.
    const fn port(self) -> Option<u16> {
        match self {
            Self::Vxlan => Some(4789),
            Self::Geneve => Some(6081),
            Self::Gre => None,
            Self::Gtp => Some(2152),
        }
    }

    /// An IPv4 packet in a tunnel between 10.0.0.1 and 10.0.0.2.
    pub fn wrap(self, packet: &[u8], id: u32, to_server: bool) -> Vec<u8> {
        let mut inside = self.header(id, u16::try_from(packet.len()).unwrap());
        inside.extend(packet);
        let protocol = if let Some(port) = self.port() {
            let length = u16::try_from(8 + inside.len()).unwrap();
            let udp = [
                &[0xd0, 0],
                &port.to_be_bytes()[..],
                &length.to_be_bytes(),
                &[0, 0],
            ];
            inside = [udp.concat(), inside].concat();
            17
        } else {
            47
        };
        let (from, to) = if to_server { (1, 2) } else { (2, 1) };
        let length = u16::try_from(20 + inside.len()).unwrap().to_be_bytes();
        let mut outer = vec![
            0x45, 0, length[0], length[1], 0, 1, 0x40, 0, 64, protocol, 0, 0,
        ];
        outer.extend([10, 0, 0, from, 10, 0, 0, to]);
        outer.extend(inside);
        outer
    }
}

/// Whether an IPv4 packet goes to the server of the captures, 10.77.0.2.
pub fn to_server(packet: &[u8]) -> bool {
    packet[16..20] == [10, 77, 0, 2]
}

/// All frames in tunnels of this kind, with a number for each direction.
pub fn tunnelled(frames: &[OwnedFrame], kind: Kind, client: u32, server: u32) -> Vec<OwnedFrame> {
    let wrap = |frame: &OwnedFrame| {
        let to_server = to_server(&frame.bytes);
        let id = if to_server { client } else { server };
        let bytes = kind.wrap(&frame.bytes, id, to_server);
        OwnedFrame {
            time: frame.time,
            wire_len: u32::try_from(bytes.len()).unwrap(),
            bytes,
        }
    };
    frames.iter().map(wrap).collect()
}
