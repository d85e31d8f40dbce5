//! The packet, as the kernel hands it over.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{addr_of, read_volatile};

use aya_ebpf::bindings::__sk_buff;
use aya_ebpf::helpers::generated::bpf_skb_load_bytes;
use aya_ebpf::programs::TcContext;
use monitor_common::sift::Load;

/// A packet on a hook.
pub struct Skb {
    raw: *mut __sk_buff,
}

impl Skb {
    #[inline(always)]
    pub fn new(ctx: &TcContext) -> Self {
        Self { raw: ctx.skb.skb }
    }

    /// The index of the interface that the packet passes.
    #[inline(always)]
    pub fn interface(&self) -> u32 {
        // SAFETY: the kernel keeps the context valid while the program runs.
        unsafe { (*self.raw).ifindex }
    }

    /// Copies `length` bytes from `offset` on to `to`; false where the packet has fewer.
    ///
    /// # Safety
    /// `to` is valid for writes of `length` bytes, and the verifier can see that.
    #[inline(always)]
    pub unsafe fn copy(&self, offset: u32, to: *mut u8, length: u32) -> bool {
        // SAFETY: the context is valid, and the caller answers for `to`.
        unsafe { bpf_skb_load_bytes(self.raw.cast(), offset, to.cast::<c_void>(), length) == 0 }
    }
}

impl Load for Skb {
    #[inline(always)]
    fn length(&self) -> u32 {
        // SAFETY: the kernel keeps the context valid while the program runs.
        unsafe { (*self.raw).len }
    }

    #[inline(always)]
    fn offload(&self) -> u32 {
        // SAFETY: the kernel keeps the context valid while the program runs.
        unsafe { (*self.raw).gso_size }
    }

    #[inline(always)]
    fn in_place<const N: usize>(&self) -> Option<&[u8; N]> {
        // SAFETY: the context is valid. Volatile, because the verifier ties the bound to this very pair of loads: were
        // they shared between two callers, the compiler would compute an offset behind the check of the other one.
        let (start, end) = unsafe {
            (
                read_volatile(addr_of!((*self.raw).data)) as usize,
                read_volatile(addr_of!((*self.raw).data_end)) as usize,
            )
        };
        if start + N > end {
            return None;
        }
        // SAFETY: the bytes from `start` to `end` are the packet's, and there are at least `N`.
        Some(unsafe { &*(start as *const [u8; N]) })
    }

    #[inline(always)]
    fn short<const N: usize>(bytes: &[u8; N], at: usize) -> u16 {
        debug_assert!(at + 2 <= N);
        // SAFETY: the two bytes are within `bytes`, and the kernel can read them at any address.
        u16::from_be(unsafe { bytes.as_ptr().add(at).cast::<u16>().read() })
    }

    #[inline(always)]
    fn long<const N: usize>(bytes: &[u8; N], at: usize) -> u32 {
        debug_assert!(at + 4 <= N);
        // SAFETY: the four bytes are within `bytes`, and the kernel can read them at any address.
        u32::from_le(unsafe { bytes.as_ptr().add(at).cast::<u32>().read() })
    }

    #[inline(always)]
    fn quad<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
        debug_assert!(at + 8 <= N);
        // SAFETY: the eight bytes are within `bytes`, and the kernel can read them at any address.
        u64::from_le(unsafe { bytes.as_ptr().add(at).cast::<u64>().read() })
    }

    #[inline(always)]
    fn load<const N: usize>(&self, offset: u32) -> Option<[u8; N]> {
        let mut bytes = MaybeUninit::<[u8; N]>::uninit();
        // SAFETY: `bytes` has room for `N`; the helper fills them all or says no.
        unsafe {
            self.copy(offset, bytes.as_mut_ptr().cast(), N as u32)
                .then(|| bytes.assume_init())
        }
    }
}
