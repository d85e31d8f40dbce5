//! The way out: counts, and records through the ring.

use core::ffi::c_void;
use core::ptr::{addr_of_mut, read_volatile, write_volatile};

use aya_ebpf::bindings::{BPF_RB_AVAIL_DATA, BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP};
use aya_ebpf::helpers::generated::{bpf_ktime_get_ns, bpf_ringbuf_output, bpf_ringbuf_query};
use aya_ebpf::macros::map;
use aya_ebpf::maps::{PerCpuArray, RingBuf};
use monitor_common::abi::{
    COUNTERS as COUNTS, Counter, HEADER_BYTES, HOOK_ROWS, HOOKS_PER_ROW, HookSlot, PIECE_BYTES,
    Record, RecordHead,
};
use monitor_common::sift::{Delivery, Hook, Out, Piece, Settings};

use crate::log::Trouble;
use crate::maps::KernelSettings;
use crate::skb::Skb;

#[map]
static COUNTERS: PerCpuArray<[u64; COUNTS]> = PerCpuArray::with_max_entries(1, 0);
#[map]
static HOOKS: PerCpuArray<[u64; HOOKS_PER_ROW]> = PerCpuArray::with_max_entries(HOOK_ROWS, 0);
#[map]
static SCRATCH: PerCpuArray<Record> = PerCpuArray::with_max_entries(1, 0);
/// Room for a value on its way through map memory.
type Settled = [u64; 8];

#[map]
static SETTLED: PerCpuArray<Settled> = PerCpuArray::with_max_entries(1, 0);
#[map]
static RECORDS: RingBuf = RingBuf::with_byte_size(8 << 20, 0);

/// Sends records through the ring, and remembers what could not be done with a packet.
pub struct Ring {
    trouble: Option<Trouble>,
}

impl Ring {
    #[inline(always)]
    pub fn new() -> Self {
        Self { trouble: None }
    }

    /// What went wrong, for the log.
    #[inline(always)]
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }
}

impl Out<Skb> for Ring {
    #[inline(always)]
    fn passed(&mut self, hook: Hook) {
        let slot = HookSlot::of(hook.interface, hook.egress);
        if let Some(counts) = HOOKS.get_ptr_mut(slot.row()) {
            // SAFETY: the value is this CPU's own, and a column is an index below its length.
            unsafe { *addr_of_mut!(*counts).cast::<u64>().add(slot.column()) += 1 };
        }
    }

    #[inline(always)]
    fn count(&mut self, counter: Counter) {
        self.trouble = match counter {
            Counter::RingFull => Some(Trouble::RingFull),
            Counter::TableFull => Some(Trouble::TableFull),
            Counter::Unreadable => Some(Trouble::Unreadable),
            _ => self.trouble,
        };
        if let Some(counts) = COUNTERS.get_ptr_mut(0) {
            // SAFETY: the value is this CPU's own, and a `Counter` is an index below its length.
            unsafe { *addr_of_mut!((*counts)[counter as usize]) += 1 };
        }
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        // SAFETY: takes nothing, and only reads a clock.
        unsafe { bpf_ktime_get_ns() }
    }

    #[inline(always)]
    fn settle<T: Copy>(&mut self, value: T) -> Option<T> {
        const {
            assert!(
                size_of::<T>() <= size_of::<Settled>() && align_of::<T>() <= align_of::<Settled>()
            )
        };
        let place = SETTLED.get_ptr_mut(0)?.cast::<T>();
        // SAFETY: the map's value is this CPU's own and large enough. Volatile, or the compiler would remember what it
        // wrote and the verifier would go on knowing it.
        unsafe {
            write_volatile(place, value);
            Some(read_volatile(place))
        }
    }

    #[inline(always)]
    fn send(&mut self, packet: &Skb, piece: &Piece) -> Delivery {
        let Some(record) = SCRATCH.get_ptr_mut(0) else {
            return Delivery::Unreadable;
        };
        // SAFETY: the scratch record is this CPU's own, and no other program of ours runs on it before this one ends.
        let Some(length) = (unsafe { fill(record, packet, piece) }) else {
            return Delivery::Unreadable;
        };
        let length = RecordHead::BYTES as u64 + u64::from(length);
        // SAFETY: `length` is at most the size of a record, as `fill` promises.
        if unsafe {
            bpf_ringbuf_output(
                addr_of!(RECORDS),
                record.cast::<c_void>(),
                length,
                wake_up(length),
            )
        } == 0
        {
            return Delivery::Sent;
        }
        Delivery::Full
    }
}

/// Assembles a record and tells how many bytes it has behind its head; `None` where the packet cannot be read.
///
/// # Safety
/// `record` is valid for writes.
#[inline(always)]
unsafe fn fill(record: *mut Record, packet: &Skb, piece: &Piece) -> Option<u32> {
    let header_len = bounded(u32::from(piece.head.header_len), HEADER_BYTES);
    // SAFETY: `header_len` is at most `HEADER_BYTES` and the piece at most `PIECE_BYTES`: there is room for both.
    unsafe {
        (*record).head = piece.head;
        let bytes = addr_of_mut!((*record).bytes).cast::<u8>();
        if !packet.copy(piece.network, bytes, header_len) {
            return None;
        }
        if piece.head.piece_len == 0 {
            return Some(header_len);
        }
        let piece_len = bounded(u32::from(piece.head.piece_len), PIECE_BYTES);
        packet
            .copy(piece.payload, bytes.add(header_len as usize), piece_len)
            .then_some(header_len + piece_len)
    }
}

/// `length`, between 1 and `most` (a power of two), in the way that every kernel's verifier can follow.
#[inline(always)]
const fn bounded(length: u32, most: u32) -> u32 {
    (length.wrapping_sub(1) & (most - 1)) + 1
}

/// Wakes user space only with the record that makes much be waiting: otherwise its timer drains the ring, for a wake-up
/// costs many times more than a record.
#[inline(always)]
fn wake_up(length: u64) -> u64 {
    // SAFETY: only asks how much is waiting.
    let waiting = unsafe { bpf_ringbuf_query(addr_of!(RECORDS), u64::from(BPF_RB_AVAIL_DATA)) };
    let most = KernelSettings
        .config()
        .map_or(u64::MAX, |config| u64::from(config.wake_bytes));
    let crosses = waiting <= most && waiting + length > most;
    u64::from(if crosses {
        BPF_RB_FORCE_WAKEUP
    } else {
        BPF_RB_NO_WAKEUP
    })
}

/// The address of a map, as helpers want it.
macro_rules! addr_of {
    ($map:expr) => {
        core::ptr::addr_of!($map).cast_mut().cast::<c_void>()
    };
}
use addr_of;
