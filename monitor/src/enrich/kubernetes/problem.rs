//! What went wrong while the API was asked.

use std::error::Error;

use super::SourceError;
use crate::enrich::Trouble;

/// What went wrong while the API was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// It cannot be asked.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No answer.
    #[error("cannot reach the Kubernetes API")]
    Unreachable(#[source] Box<kube::Error>),
    /// Another answer than was asked for.
    #[error("the Kubernetes API answers {code}: {message}")]
    Refused {
        /// As in HTTP.
        code: u16,
        /// Its words.
        message: String,
    },
    /// The stream of changes broke off.
    #[error("the Kubernetes API broke off")]
    Cut,
    /// Nothing came for too long.
    #[error("the Kubernetes API has gone silent")]
    Silent,
    /// An answer that cannot be read.
    #[error("the Kubernetes API gave an answer that cannot be read")]
    Malformed(#[source] serde_json::Error),
}

impl Problem {
    /// Its name in the metrics.
    pub(super) const fn trouble(&self) -> Trouble {
        match self {
            Self::Source(_) | Self::Unreachable(_) => Trouble::Unreachable,
            Self::Refused { code, .. } => match code {
                401 => Trouble::Unauthorized,
                403 => Trouble::Forbidden,
                410 => Trouble::Gone,
                _ => Trouble::Refused,
            },
            Self::Cut => Trouble::Cut,
            Self::Silent => Trouble::Silent,
            Self::Malformed(_) => Trouble::Malformed,
        }
    }

    /// Whether it is all in the order of things: streams break off, and what the API remembers is bounded.
    pub(super) const fn is_usual(&self) -> bool {
        matches!(
            self.trouble(),
            Trouble::Cut | Trouble::Silent | Trouble::Gone
        )
    }

    /// Whether who asks should be made anew, from the files as they are now.
    pub(super) const fn spoils_client(&self) -> bool {
        matches!(
            self.trouble(),
            Trouble::Unreachable | Trouble::Unauthorized | Trouble::Silent
        )
    }

    /// Whether everything must be listed again.
    pub(super) const fn spoils_version(&self) -> bool {
        match self {
            Self::Refused { code, .. } => matches!(code, 400 | 404 | 410),
            Self::Malformed(_) => true,
            _ => false,
        }
    }

    /// All of it in one line.
    pub(super) fn words(&self) -> String {
        let mut words = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        words
    }
}

impl From<kube::Error> for Problem {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::from(&*status),
            kube::Error::SerdeError(error) => Self::Malformed(error),
            kube::Error::ReadEvents(_) => Self::Cut,
            other => Self::Unreachable(Box::new(other)),
        }
    }
}

impl From<&kube::core::Status> for Problem {
    fn from(status: &kube::core::Status) -> Self {
        Self::Refused {
            code: status.code,
            message: status.message.clone(),
        }
    }
}
