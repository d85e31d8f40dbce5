//! Going on with an earlier session, as the report shows it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::label::labelled;

labelled! {
    /// By what a session is resumed.
    pub enum Resumption {
        /// The server knows the session id (RFC 5246 section 7.3).
        SessionId = "session_id",
        /// The client gives back a ticket (RFC 5077).
        Ticket = "ticket",
        /// A pre-shared key (RFC 8446 section 2.2): of an earlier session, or agreed on by other means.
        Psk = "psk",
    }
}

/// Data that the client sent, or meant to send, before the server had answered (RFC 8446 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EarlyDataReport {
    /// The server took it; null when that cannot be told.
    pub accepted: Option<bool>,
    /// That is inferred from the sizes of encrypted records. What rules it out in the clear, such as another version or no
    /// pre-shared key, is not inferred.
    pub inferred: bool,
}
