//! TCX links (kernel 6.6 and newer): ordered first, because a later place sees nothing once an earlier program ends the
//! chain, and gone with the process that holds them.

use aya::programs::tc::{SchedClassifierLinkId, TcAttachOptions};
use aya::programs::{LinkOrder, ProgramError, SchedClassifier};
use aya::sys::SyscallError;

use super::Side;

/// `EINVAL` of `asm-generic/errno-base.h`: what `bpf()` answers to an attach type that it does not know.
const EINVAL: i32 = 22;

pub(super) fn attach(
    program: &mut SchedClassifier,
    interface: &str,
    side: Side,
) -> Result<SchedClassifierLinkId, ProgramError> {
    program.attach_with_options(
        interface,
        side.hook(),
        TcAttachOptions::TcxOrder(LinkOrder::first()),
    )
}

/// Whether the error says that this kernel has no TCX.
pub(super) fn is_unknown(error: &ProgramError) -> bool {
    matches!(error, ProgramError::SyscallError(SyscallError { io_error, .. }) if io_error.raw_os_error() == Some(EINVAL))
}
