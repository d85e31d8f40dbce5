//! How far a handshake came and how it ended: the conversation as a state machine, stepped by what its streams show.

mod carrier;
mod cleartext;
mod conversation;
mod deadlines;
mod followed;
mod outcome;
mod preamble;
mod progress;
mod quic;

pub use carrier::Carrier;
pub use cleartext::{Cleartext, FirstBytes};
pub use conversation::{Conversation, FirstSight};
pub use deadlines::{Deadlines, PATIENCE};
pub use outcome::{Decision, Trigger, decide, ended_by};
pub use preamble::{Passage, Preamble, ProxyHeader};
pub use progress::{Progress, Retry, SeenAlert, SideProgress};
