//! What a person looks at: a stack, the last on top.

use std::sync::Arc;

use super::problems;
use super::record::Record;
use crate::report::Cause;

/// One thing to look at.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    /// The problems.
    Problems,
    /// The handshakes as they come; of one problem, where a key says which.
    Handshakes(Option<problems::Key>),
    /// All that is known of one.
    Detail(Arc<Record>),
    /// The page of a cause.
    Cause(Cause),
    /// Commands that ask again what this handshake asked.
    Commands(Arc<Record>),
    /// What the keys do.
    Help,
}

/// A layer, and where in it one stands.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// What is looked at.
    pub(crate) layer: Layer,
    /// The row chosen, or the first line shown.
    pub(crate) at: usize,
    /// What is chosen, so that it stays so when rows come and go; none follows the first.
    pub(crate) chosen: Option<Chosen>,
}

impl Open {
    /// At the beginning of this.
    pub(crate) const fn new(layer: Layer) -> Self {
        Self {
            layer,
            at: 0,
            chosen: None,
        }
    }
}

/// What a person has chosen in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// A problem.
    Problem(problems::Key),
    /// A handshake, by its id.
    Handshake(String),
}
