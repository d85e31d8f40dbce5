//! Whether the agent does its work yet.

use std::sync::{Arc, PoisonError, RwLock};

/// Ready, with what is amiss all the same if anything is, or the reason why not. Copies share one state.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<RwLock<State>>);

type State = Result<Option<String>, String>;

impl Readiness {
    /// Not ready, for this reason.
    pub fn waiting_for(reason: impl Into<String>) -> Self {
        Self(Arc::new(RwLock::new(Err(reason.into()))))
    }

    /// From now on ready.
    pub fn set_ready(&self) {
        self.set(Ok(None));
    }

    /// From now on ready, though this is amiss.
    pub fn set_ready_but(&self, amiss: impl Into<String>) {
        self.set(Ok(Some(amiss.into())));
    }

    /// From now on not ready, for this reason.
    pub fn set_waiting(&self, reason: impl Into<String>) {
        self.set(Err(reason.into()));
    }

    /// What is amiss, if anything; the error is the reason for not being ready.
    pub fn get(&self) -> Result<Option<String>, String> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, state: State) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
