//! The shapes that cross the kernel line.
//!
//! Both sides are built by different compilers, so nothing here has a layout that a compiler may choose: integers
//! only, no padding, and every size, alignment and offset asserted.

mod config;
mod counter;
mod flow;
mod hooks;
mod record;

pub use config::{Config, MATCH_ALLOW, MATCH_ANY_PORT, MATCH_DENY};
pub use counter::{COUNTERS, Counter};
pub use flow::{Address, End, FlowKey, FlowState};
pub use hooks::{HOOK_ROWS, HOOKS_PER_ROW, HookSlot};
pub use record::{HEADER_BYTES, PIECE_BYTES, Record, RecordHead};

/// Changes with every change of a layout in this module, or of what its fields mean; user space refuses an object that
/// says another number.
pub const ABI_VERSION: u32 = 3;

/// How many 64-bit words hold one bit for each port.
pub const PORT_WORDS: u32 = 1024;

/// Names of maps and programs, as the object file has them.
pub mod name {
    /// The one [`Config`](super::Config).
    pub const CONFIG: &str = "CONFIG";
    /// One bit for each port that is followed.
    pub const PORTS: &str = "PORTS";
    /// Prefixes one end must lie in, where the list is used.
    pub const ALLOW: &str = "ALLOW";
    /// Prefixes no end may lie in, where the list is used.
    pub const DENY: &str = "DENY";
    /// The followed flows.
    pub const FLOWS: &str = "FLOWS";
    /// What was counted, for each CPU.
    pub const COUNTERS: &str = "COUNTERS";
    /// How many packets passed each hook, for each CPU.
    pub const HOOKS: &str = "HOOKS";
    /// The ring that records travel in.
    pub const RECORDS: &str = "RECORDS";
    /// A read-only switch that user space must set before it loads the programs. Its name holds the
    /// [`ABI_VERSION`](super::ABI_VERSION), so that an object of another version is refused.
    pub const SWITCH: &str = "TLSMON_ABI_3";
    /// Ingress of an Ethernet device.
    pub const INGRESS: &str = "tlsmon_in";
    /// Egress of an Ethernet device.
    pub const EGRESS: &str = "tlsmon_out";
    /// Ingress of a device whose packets begin with the IP header.
    pub const INGRESS_L3: &str = "tlsmon_in_l3";
    /// Egress of a device whose packets begin with the IP header.
    pub const EGRESS_L3: &str = "tlsmon_out_l3";
    /// The programs that the others jump to for a line of log; empty where there is no log.
    pub const LOGS: &str = "LOGS";
    /// What stands in [`LOGS`], in its order.
    pub const LOG_PROGRAMS: [&str; 3] = ["tlsmon_log_ring", "tlsmon_log_flow", "tlsmon_log_read"];
    /// Does nothing: measures what any program costs.
    pub const EMPTY: &str = "tlsmon_empty";
}
