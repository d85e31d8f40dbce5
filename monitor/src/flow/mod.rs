//! Who talks to whom: the key of a conversation, the bounded table that holds conversations, and what TCP itself showed.

mod key;
mod side;
mod table;
mod tcp;

pub use key::{Endpoint, FlowKey};
pub use side::{Side, Sides};
pub use table::{Inserted, Table};
pub use tcp::{Ending, Seen, Tcp, TcpEnd};
