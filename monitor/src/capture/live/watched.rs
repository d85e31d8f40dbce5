//! What there is to say about the interfaces that are watched.

use crate::capture::attach::Attachments;
use crate::capture::hooks::HookCounts;

/// How many hooks are named on which a program does not run; the rest is counted.
pub(super) const NAMED: usize = 8;

/// The interfaces, and whether the programs run there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// How many are watched, and how.
    pub attachments: Attachments,
    /// How many more are wanted than can be watched.
    pub left_out: usize,
    /// The hooks by what is known of the programs on them.
    pub hooks: HookCounts,
    /// Some of the hooks on which a program does not run, as in `eth0 ingress`.
    pub silent: Vec<String>,
}
