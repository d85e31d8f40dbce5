//! What user space tells the kernel programs; every field may change while they run.

/// Packets on any port may open a flow, by the shape of their first bytes.
pub const MATCH_ANY_PORT: u32 = 1;
/// Only flows with an end in the allow list are opened.
pub const MATCH_ALLOW: u32 = 2;
/// No flow with an end in the deny list is opened.
pub const MATCH_DENY: u32 = 4;

/// The settings of the sift.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// [`ABI_VERSION`](super::ABI_VERSION) of the writer.
    pub version: u32,
    /// `MATCH_…` bits.
    pub matching: u32,
    /// One flow in this many is followed; 0 and 1 follow all.
    pub sample_rate: u32,
    /// How many payload bytes of each direction are sent.
    pub bytes_per_direction: u32,
    /// How many bytes may wait in the ring before user space is woken.
    pub wake_bytes: u32,
    /// Zero; keeps the size a multiple of eight.
    pub reserved: u32,
}

impl Config {
    /// Everything on the configured ports, 32 KiB of each direction.
    pub const DEFAULT: Self = Self {
        version: super::ABI_VERSION,
        matching: 0,
        sample_rate: 1,
        bytes_per_direction: 32 * 1024,
        wake_bytes: 1024 * 1024,
        reserved: 0,
    };

    /// Whether all `bits` are set in `matching`.
    #[inline(always)]
    #[must_use]
    pub const fn matches(&self, bits: u32) -> bool {
        self.matching & bits == bits
    }
}

const _: () = assert!(size_of::<Config>() == 24 && align_of::<Config>() == 4);

#[cfg(feature = "user")]
mod user {
    #[expect(
        unsafe_code,
        reason = "aya asks for this promise; the assertion above shows that there is no padding"
    )]
    // SAFETY: `Config` is `repr(C)`, `Copy`, made of six `u32` and has no padding.
    unsafe impl aya::Pod for super::Config {}
}
