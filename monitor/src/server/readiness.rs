//! Whether the agent does its work yet.

use std::sync::{Arc, PoisonError, RwLock};

/// Ready, or the reason why not. Copies share one state.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<RwLock<Result<(), String>>>);

impl Readiness {
    /// Not ready, for this reason.
    pub fn waiting_for(reason: impl Into<String>) -> Self {
        Self(Arc::new(RwLock::new(Err(reason.into()))))
    }

    /// From now on ready.
    pub fn set_ready(&self) {
        self.set(Ok(()));
    }

    /// From now on not ready, for this reason.
    pub fn set_waiting(&self, reason: impl Into<String>) {
        self.set(Err(reason.into()));
    }

    /// The present state; the error is the reason.
    pub fn get(&self) -> Result<(), String> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, state: Result<(), String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
