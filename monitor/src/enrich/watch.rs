//! What is watched, and how that goes.

use crate::label::labelled;

labelled! {
    /// A kind of object that is watched.
    pub enum Kind {
        /// The pods of this node.
        Pod = "pod",
        /// All Services.
        Service = "service",
        /// All EndpointSlices.
        EndpointSlice = "endpointslice",
    }
}

labelled! {
    /// What may go wrong with a watch.
    pub enum Trouble {
        /// No connection, or none that TLS accepts.
        Unreachable = "unreachable",
        /// The token is not accepted.
        Unauthorized = "unauthorized",
        /// The role does not allow it.
        Forbidden = "forbidden",
        /// The API does not remember what happened since: everything is listed again.
        Gone = "gone",
        /// Another answer than was asked for.
        Refused = "refused",
        /// The stream was cut.
        Cut = "cut",
        /// Nothing came for too long.
        Silent = "silent",
        /// An answer that cannot be read.
        Malformed = "malformed",
    }
}

/// How a watch goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WatchState {
    /// The first list is under way, and nothing has gone wrong.
    #[default]
    Listing,
    /// Changes come as they happen.
    Up,
    /// Something has gone wrong, and it is tried again.
    Down,
}

/// A watch at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// Of what.
    pub kind: Kind,
    /// How many there are.
    pub objects: usize,
    /// How it goes.
    pub state: WatchState,
    /// How often each trouble has come, in the order of [`Trouble::ALL`].
    pub troubles: [u64; TROUBLES],
}

/// How many kinds of trouble there are.
pub(super) const TROUBLES: usize = Trouble::ALL.len();

/// What is known of a watch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Health {
    pub(super) state: WatchState,
    pub(super) troubles: [u64; TROUBLES],
}

impl Health {
    pub(super) fn trouble(&mut self, trouble: Trouble) {
        self.state = WatchState::Down;
        let count = self.troubles.get_mut(trouble as usize);
        if let Some(count) = count {
            *count += 1;
        }
    }
}
