//! A page of a list.

use serde::{Deserialize, Deserializer};

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(super) struct Page<T> {
    pub(super) metadata: PageMeta,
    #[serde(default = "Vec::new", deserialize_with = "items")]
    pub(super) items: Vec<T>,
}

/// What it is a page of.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PageMeta {
    /// The state of things that the list is of: a watch may go on from there.
    pub(super) resource_version: String,
    /// How to ask for the next page; empty when there is none.
    pub(super) r#continue: String,
}

/// An empty list may be `null`.
fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
