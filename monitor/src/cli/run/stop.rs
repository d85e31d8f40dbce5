//! How a run is asked to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::cli::CliError;

/// Set by SIGINT and SIGTERM, or from within. A second signal ends the process at once.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    asked: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
}

impl Stop {
    /// Listens for the signals from now on.
    pub(super) fn on_signals() -> Result<Self, CliError> {
        let stop = Self {
            asked: Arc::default(),
            interrupted: Arc::default(),
        };
        stop.register().map_err(|source| CliError::System {
            doing: "listen for signals",
            source,
        })?;
        Ok(stop)
    }

    fn register(&self) -> std::io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            // In this order: the signal that finds `asked` set is the second one.
            flag::register_conditional_default(signal, Arc::clone(&self.asked))?;
            flag::register(signal, Arc::clone(&self.asked))?;
        }
        flag::register(SIGINT, Arc::clone(&self.interrupted))?;
        Ok(())
    }

    /// What the capture looks at.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.asked
    }

    /// Ends the run from within.
    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// After a clean end: whoever waits for this process learns that it was interrupted (status 130 in a shell).
    pub(super) fn re_raise(&self) -> Result<(), CliError> {
        if !self.interrupted.load(Ordering::Relaxed) {
            return Ok(());
        }
        low_level::emulate_default_handler(SIGINT).map_err(|source| CliError::System {
            doing: "end as interrupted",
            source,
        })
    }
}
