//! ICMP destination unreachable in answer to a packet.

use std::net::IpAddr;

/// The message of this code, from `by`, that repeats the beginning of `packet`.
pub(super) fn unreachable(code: u8, by: IpAddr, packet: &[u8]) -> Vec<u8> {
    match by {
        IpAddr::V4(by) => {
            let message = [&[3, code, 0, 0, 0, 0, 0, 0], &packet[..28]].concat();
            let length = u16::try_from(20 + message.len()).unwrap().to_be_bytes();
            let head = [0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, 1, 0, 0];
            [&head[..], &by.octets(), &packet[12..16], &message].concat()
        }
        IpAddr::V6(by) => {
            let message = [&[1, code, 0, 0, 0, 0, 0, 0], packet].concat();
            let length = u16::try_from(message.len()).unwrap().to_be_bytes();
            let head = [0x60, 0, 0, 0, length[0], length[1], 58, 64];
            [&head[..], &by.octets(), &packet[8..24], &message].concat()
        }
    }
}
