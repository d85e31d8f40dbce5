//! The kernel's notices of changes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_ROUTE;

/// Multicast groups of `linux/rtnetlink.h`: links, tc, routes of IPv4 and IPv6.
const GROUPS: [u32; 4] = [1, 4, 7, 11];

/// Tells that something about interfaces, routes or filters changed; what, a dump tells better, for events get lost.
#[derive(Debug)]
pub(in crate::capture) struct Watch {
    socket: Socket,
}

impl Watch {
    pub(in crate::capture) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        for group in GROUPS {
            socket.add_membership(group)?;
        }
        socket.set_non_blocking(true)?;
        Ok(Self { socket })
    }

    /// Whether anything changed since the last call.
    pub(in crate::capture) fn changed(&self) -> bool {
        let mut changed = false;
        let mut buffer = Vec::with_capacity(64 * 1024);
        loop {
            buffer.clear();
            match self.socket.recv(&mut buffer, 0) {
                Ok(_) => changed = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return changed,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true, // events were lost (ENOBUFS): everything is looked at
            }
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
