//! The exit statuses, a contract with scripts.

use std::process::ExitCode;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// Failing handshakes were found, and `--fail` asked to be told.
    FailuresFound,
    /// A wrong flag, a wrong configuration, an unreadable input.
    BadInput,
    /// This host cannot run it; `tlsmon doctor` says why.
    CannotRun,
}

impl Exit {
    /// The status for the shell.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Fine => 0,
            Self::FailuresFound => 1,
            Self::BadInput => 2,
            Self::CannotRun => 3,
        })
    }

    /// Fine, unless failures were found and matter.
    pub(crate) const fn after(failures: u64, fail: bool) -> Self {
        if fail && failures > 0 {
            Self::FailuresFound
        } else {
            Self::Fine
        }
    }
}
