//! Counts over a whole run or capture, and single losses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::frame::Timestamp;

/// Something that was not seen: how much, where it was lost, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Loss {
    /// `tlsmon/v1`.
    pub schema: Cow<'static, str>,
    /// When it was noticed, RFC 3339.
    pub time: Timestamp,
    /// Where it was lost, as in `kernel`.
    #[serde(rename = "where")]
    pub place: Cow<'static, str>,
    /// Why, as in `ring_full`.
    pub reason: Cow<'static, str>,
    /// How many packets, flows or events.
    pub count: u64,
}

/// What a whole run or capture came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// `tlsmon/v1`.
    pub schema: Cow<'static, str>,
    /// Packets that reached user space or were read from the file.
    pub packets: u64,
    /// Handshakes by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Failures by the cause that was said last.
    pub causes: BTreeMap<&'static str, u64>,
    /// What was not seen, by place and reason (`kernel/ring_full`).
    pub lost: BTreeMap<String, u64>,
}
