//! Who talks to whom: the key of a conversation, the bounded table that holds conversations, and what TCP or QUIC itself showed.

mod alarms;
mod head;
mod key;
mod looks;
mod overlay;
mod quic;
mod side;
mod table;
mod tcp;
mod timers;
mod unreached;

pub use head::Head;
pub use key::{Endpoint, FlowKey, Protocol, Way};
pub use looks::{Foreign, Looks};
pub use overlay::{Fit, Overlay};
pub use quic::{Negotiation, Opener, Quic, QuicIds, QuicSeen};
pub use side::{Side, Sides};
pub use table::{Place, Table};
pub use tcp::{End, Ending, Seen, Tcp};
pub use unreached::Refused;
