//! The kernel programs' own log, for whoever looks into them: off unless asked for, and never on the way of a packet.
//!
//! The words are put together by programs of their own, which the others jump to when something went wrong, and only
//! where user space has put them into `LOGS`. Were they called as functions instead, the verifier of kernels before 6.3
//! would remember every number of the programs exactly, look at everything a hundred times, and refuse them.

use aya_ebpf::bindings::TC_ACT_UNSPEC;
use aya_ebpf::macros::{classifier, map};
use aya_ebpf::maps::ProgramArray;
use aya_ebpf::programs::TcContext;
use aya_log_ebpf::debug;

#[map]
static LOGS: ProgramArray = ProgramArray::with_max_entries(3, 0);

/// What went wrong with a packet; also the place of its program in `LOGS`.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Trouble {
    RingFull = 0,
    TableFull = 1,
    Unreadable = 2,
}

/// Ends this program by jumping to the one that writes a line; comes back where there is none.
#[inline(always)]
pub fn tell(ctx: &TcContext, trouble: Trouble) {
    // SAFETY: the packet is done with, and what is jumped to answers as the caller would.
    let _ = unsafe { LOGS.tail_call(ctx, trouble as u32) };
}

#[classifier]
pub fn tlsmon_log_ring(ctx: TcContext) -> i32 {
    debug!(
        &ctx,
        "no room in the ring for a packet of {} bytes",
        ctx.len()
    );
    TC_ACT_UNSPEC
}

#[classifier]
pub fn tlsmon_log_flow(ctx: TcContext) -> i32 {
    debug!(
        &ctx,
        "no room in the table for the flow of a packet of {} bytes",
        ctx.len()
    );
    TC_ACT_UNSPEC
}

#[classifier]
pub fn tlsmon_log_read(ctx: TcContext) -> i32 {
    debug!(&ctx, "cannot read a packet of {} bytes", ctx.len());
    TC_ACT_UNSPEC
}
