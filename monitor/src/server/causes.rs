//! What `/api/v1/causes` says: the pages of `tlsmon explain`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnosis::guide;
use crate::report::{Cause, SCHEMA};

/// What causes mean.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CausesAnswer {
    /// `tlsmon/v1`.
    schema: &'static str,
    /// In the order of the documentation.
    causes: Vec<CauseReport>,
}

/// One cause.
#[derive(Debug, Serialize, JsonSchema)]
struct CauseReport {
    /// Its word.
    cause: Cause,
    /// What it means, in a sentence.
    meaning: &'static str,
    /// What to do next.
    next: &'static str,
    /// The whole page, in Markdown.
    page: &'static str,
}

impl CausesAnswer {
    /// Of these causes, of all when none is named.
    pub(super) fn of(causes: &[Cause]) -> Self {
        let asked = if causes.is_empty() {
            Cause::ALL
        } else {
            causes
        };
        Self {
            schema: SCHEMA,
            causes: asked.iter().copied().map(CauseReport::of).collect(),
        }
    }
}

impl CauseReport {
    fn of(cause: Cause) -> Self {
        let guide = guide(cause);
        Self {
            cause,
            meaning: guide.summary(),
            next: guide.next(),
            page: guide.page(),
        }
    }
}
