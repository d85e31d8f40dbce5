//! A followed flow: its key and what the kernel remembers of it.

use core::mem::offset_of;

/// An IPv6 address, or an IPv4 address mapped into one (RFC 4291 section 2.5.5.2), as its sixteen bytes lie in memory.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Bytes 0 to 7, read as little-endian.
    pub head: u64,
    /// Bytes 8 to 15, read as little-endian.
    pub tail: u64,
}

impl Address {
    /// From the four bytes of an IPv4 address, read as little-endian.
    #[inline(always)]
    #[must_use]
    pub const fn v4(bytes: u32) -> Self {
        Self {
            head: 0,
            tail: (bytes as u64) << 32 | 0xffff_0000,
        }
    }

    /// From the two halves of an IPv6 address, each read as little-endian.
    #[inline(always)]
    #[must_use]
    pub const fn v6(head: u64, tail: u64) -> Self {
        Self { head, tail }
    }

    /// The sixteen bytes, in wire order.
    #[inline(always)]
    #[must_use]
    pub const fn bytes(self) -> [u64; 2] {
        [self.head, self.tail]
    }
}

/// Which flow: the same for both directions, but another on each interface.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    /// The address of the end that sorts first.
    pub low: Address,
    /// The address of the other end.
    pub high: Address,
    /// The low end's port, the high end's port shifted by 16, the interface shifted by 32, and for UDP [`FlowKey::UDP`]:
    /// one word, because a lookup that reads as a whole what was written in parts waits for the processor's store
    /// buffer.
    pub ports_and_interface: u64,
}

impl FlowKey {
    /// Set in `ports_and_interface` of a UDP flow: an interface's index is a positive `i32`, so the bit is free.
    pub const UDP: u64 = 1 << 63;
}

/// What one end of a flow has sent so far.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Payload bytes that went to user space.
    pub bytes: u32,
    /// Payload packets that went there after protection began; of QUIC, datagrams of 1-RTT packets.
    pub protected_packets: u16,
    /// Pure acknowledgements that went there; of UDP, answers that its datagrams did not reach their port.
    pub acks: u8,
    /// `End::…` bits.
    pub flags: u8,
}

impl End {
    /// A segment began with a ChangeCipherSpec or ApplicationData record.
    pub const PROTECTED: u8 = 1;
    /// A segment began with an ApplicationData record.
    pub const SEALED: u8 = 2;
    /// The byte budget ended before protection began, and that was counted.
    pub const SNAPPED: u8 = 4;
    /// No more payload of this end is wanted.
    pub const DONE: u8 = 8;

    /// Whether any of `bits` is set.
    #[inline(always)]
    #[must_use]
    pub const fn has(&self, bits: u8) -> bool {
        self.flags & bits != 0
    }
}

/// What the kernel remembers of a followed flow.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowState {
    /// Of TCP the sequence number of the SYN that opened the flow, where one was seen; of UDP when the budgets began, in
    /// units of 2^30 ns of the kernel's monotonic clock.
    pub origin: u32,
    /// 1 where `origin` holds one, 0 where a TCP flow was joined late.
    pub opened: u32,
    /// What the low end has sent.
    pub low: End,
    /// What the high end has sent.
    pub high: End,
}

impl FlowState {
    /// A flow of which nothing was seen.
    ///
    /// Field by field, with a zero that the compiler cannot see through: it would call `memset`, and a function beside
    /// the programs is what the verifier of kernels before 6.3 cannot cope with.
    #[expect(clippy::cast_possible_truncation, reason = "it is zero")]
    #[inline(always)]
    #[must_use]
    pub fn unseen() -> Self {
        let zero = core::hint::black_box(0_u64);
        let end = || End {
            bytes: zero as u32,
            protected_packets: zero as u16,
            acks: zero as u8,
            flags: zero as u8,
        };
        Self {
            origin: zero as u32,
            opened: zero as u32,
            low: end(),
            high: end(),
        }
    }
}

const _: () = {
    assert!(size_of::<Address>() == 16 && align_of::<Address>() == 8);
    assert!(size_of::<FlowKey>() == 40 && align_of::<FlowKey>() == 8);
    assert!(offset_of!(FlowKey, high) == 16 && offset_of!(FlowKey, ports_and_interface) == 32);
    assert!(size_of::<End>() == 8 && align_of::<End>() == 4);
    assert!(
        offset_of!(End, protected_packets) == 4
            && offset_of!(End, acks) == 6
            && offset_of!(End, flags) == 7
    );
    assert!(size_of::<FlowState>() == 24 && align_of::<FlowState>() == 4);
    assert!(offset_of!(FlowState, low) == 8 && offset_of!(FlowState, high) == 16);
};
