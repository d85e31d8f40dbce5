//! Which of several tlsmons this is that work on the same interfaces: each has filters of a handle of its own.
//!
//! Filters outlive a process that is killed, and the next one must remove those, and none of one that lives: when a DaemonSet
//! rolls, the new pod begins before the old one ends. So each process holds a socket of the name of its place, in the network
//! namespace that the interfaces are in as well. The kernel takes that back however the process ends.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// "TL": the handle of the first place; the others follow.
const FIRST: u16 = 0x544c;
/// How many tlsmons there may be.
const PLACES: u16 = 8;

/// A place that nobody else has.
#[derive(Debug)]
pub(super) struct Place {
    handle: u16,
    /// Open as long as the place is taken.
    _socket: UnixDatagram,
}

impl Place {
    /// The first one that is free.
    pub(super) fn take() -> io::Result<Self> {
        let mut handles = FIRST..FIRST + PLACES;
        let hold_next = |handle| match hold(handle) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
            result => Some(result.map(|socket| Self {
                handle,
                _socket: socket,
            })),
        };
        handles
            .find_map(hold_next)
            .unwrap_or_else(|| Err(io::ErrorKind::AddrInUse.into()))
    }

    /// What its filters are called by.
    pub(super) const fn handle(&self) -> u16 {
        self.handle
    }
}

/// Whether a process lives whose filters have this handle.
pub(super) fn is_taken(handle: u32) -> bool {
    let Ok(handle) = u16::try_from(handle) else {
        return false;
    };
    (FIRST..FIRST + PLACES).contains(&handle) && hold(handle).is_err()
}

fn hold(handle: u16) -> io::Result<UnixDatagram> {
    let name = format!("tlsmon/clsact/{handle:x}");
    UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_taken_as_long_as_it_is_held() {
        let first = Place::take().unwrap();
        let second = Place::take().unwrap();
        assert_ne!(first.handle(), second.handle());
        let handle = u32::from(first.handle());
        assert!(is_taken(handle));
        drop(first);
        assert!(!is_taken(handle));
        assert!(is_taken(second.handle().into()));
        assert!(!is_taken(1), "that of somebody else");
    }
}
