//! A TCP client made by hand, which sends its segments in the order that a test says.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, recv, sendto, socket,
};

use super::wait::until;
use super::{CLIENT, Network, POD};
use crate::command::require;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const PUSH: u8 = 8;
const ACK: u8 = 16;

/// A connection over a raw socket: no kernel reorders, joins or repeats what it sends.
#[derive(Debug)]
pub struct RawTcp {
    socket: OwnedFd,
    /// Its source port.
    pub port: u16,
    /// The sequence number of the first byte of data.
    first: u32,
    /// What the server is to be told it was heard up to.
    acknowledged: u32,
}

/// What the test looks at in a segment from the server.
struct Heard {
    sequence: u32,
    flags: u8,
}

impl RawTcp {
    /// Connects to the pod's port 443.
    pub fn connect(network: &Network) -> Result<Self> {
        let port = network.port();
        silence_kernel(network, port)?;
        let socket = network.client.inside(|| {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            socket(AddressFamily::Inet, SockType::Raw, flags, SockProtocol::Tcp)
        })??;
        let mut connection = Self {
            socket,
            port,
            first: 1001,
            acknowledged: 0,
        };
        connection.send(SYN, 1000, &[])?;
        let answer = connection.wait_for("SYN/ACK", |heard| heard.flags == SYN | ACK)?;
        connection.acknowledged = answer.sequence.wrapping_add(1);
        connection.send(ACK, connection.first, &[])?;
        Ok(connection)
    }

    /// Sends the bytes `from..to` of the stream `all`.
    pub fn send_piece(&self, all: &[u8], from: usize, to: usize) -> Result<()> {
        let piece = all.get(from..to).context("a piece past the end")?;
        let sequence = self.first.wrapping_add(u32::try_from(from)?);
        self.send(PUSH | ACK, sequence, piece)
    }

    /// Waits for the server's RST.
    pub fn wait_for_reset(&self) -> Result<()> {
        let heard = self.wait_for("RST", |heard| heard.flags & (RST | FIN) != 0)?;
        if heard.flags & RST == 0 {
            bail!("the server sent FIN, not RST");
        }
        Ok(())
    }

    fn send(&self, flags: u8, sequence: u32, data: &[u8]) -> Result<()> {
        let mut segment = Vec::new();
        segment.extend(self.port.to_be_bytes());
        segment.extend(443_u16.to_be_bytes());
        segment.extend(sequence.to_be_bytes());
        segment.extend(self.acknowledged.to_be_bytes());
        segment.extend([5 << 4, flags]);
        segment.extend([0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(data);
        let sum = checksum(&segment)?;
        segment.splice(16..18, sum.to_be_bytes());
        let to = SockaddrIn::from(std::net::SocketAddrV4::new(POD, 0));
        sendto(self.socket.as_raw_fd(), &segment, &to, MsgFlags::empty())?;
        Ok(())
    }

    fn wait_for(&self, what: &str, wanted: impl Fn(&Heard) -> bool) -> Result<Heard> {
        let what = format!("{what} from the server");
        until(&what, Duration::from_secs(5), || {
            loop {
                match self.hear()? {
                    Some(heard) if wanted(&heard) => return Ok(Some(heard)),
                    Some(_other) => {}
                    None => return Ok(None),
                }
            }
        })
    }

    /// The next segment for this connection; a raw socket gives the IPv4 header too.
    fn hear(&self) -> Result<Option<Heard>> {
        let mut buffer = [0; 2048];
        loop {
            let length = match recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Err(Errno::EAGAIN) => return Ok(None),
                other => other?,
            };
            let segment = buffer.get(20..length).unwrap_or_default();
            if segment.get(2..4) == Some(&self.port.to_be_bytes()) {
                return Ok(read(segment));
            }
        }
    }
}

fn read(segment: &[u8]) -> Option<Heard> {
    let sequence = segment.get(4..8)?.try_into().ok()?;
    Some(Heard {
        sequence: u32::from_be_bytes(sequence),
        flags: *segment.get(13)?,
    })
}

/// Keeps the client's own kernel, which knows nothing of this connection, from ending it with RST.
fn silence_kernel(network: &Network, port: u16) -> Result<()> {
    let table = format!("tlsmon_{port}");
    let rules = format!(
        "add table ip {table}; add chain ip {table} out {{ type filter hook output priority 0; }}; \
         add rule ip {table} out tcp sport {port} tcp flags & rst == rst drop"
    );
    network
        .client
        .output(Command::new(require("nft")?).arg(rules))
        .map(drop)
}

/// RFC 9293 section 3.1: over a pseudo-header of addresses, protocol and length.
fn checksum(segment: &[u8]) -> Result<u16> {
    let mut bytes = [CLIENT.octets(), POD.octets()].concat();
    bytes.extend(6_u16.to_be_bytes());
    bytes.extend(u16::try_from(segment.len())?.to_be_bytes());
    bytes.extend(segment);
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        [high] => u32::from(high) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    Ok(!u16::try_from(sum)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_with_its_checksum_in_place_sums_to_zero() {
        let mut segment = vec![0; 20];
        segment[0] = 0x4e;
        let sum = checksum(&segment).unwrap();
        segment.splice(16..18, sum.to_be_bytes());
        assert_eq!(checksum(&segment).unwrap(), 0);
    }
}
