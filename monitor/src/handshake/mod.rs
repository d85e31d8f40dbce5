//! How far a handshake came and how it ended: the conversation as a state machine, stepped by what its streams show.

mod carrier;
mod cleartext;
mod conversation;
mod deadlines;
mod doubt;
mod farewell;
mod followed;
mod foreign;
mod inferred;
mod outcome;
mod preamble;
mod probed;
mod progress;
mod proof;
mod protected;
mod quic;
mod refusal;
mod resumption;
mod turn;
mod vanished;

pub use carrier::Carrier;
pub use cleartext::{Cleartext, FirstBytes};
pub use conversation::{Conversation, FirstSight};
pub use deadlines::{Deadlines, PATIENCE};
pub use doubt::Doubt;
pub use farewell::Farewell;
pub use inferred::{Meaning, Meanings};
pub use outcome::{Decision, Trigger, decide, ended_by};
pub use preamble::{Passage, Preamble, ProxyHeader};
pub use progress::{
    BeforeFinished, ClientCertificate, FirstWord, Progress, Retry, SeenAlert, SideProgress,
};
pub use protected::{ProtectedRecord, ProtectedRecords};
pub use resumption::{EarlyData, Resumed};
pub use vanished::{BEYOND_CHANCE, Behind, Shown, Vanished};
