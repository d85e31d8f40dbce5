//! What the verdicts know of each endpoint, for those who ask.
//!
//! The capture copies it when somebody has asked, a few times a second at most, and goes on; with nobody asking it looks at one
//! flag. Whoever asks waits for the capture, never the capture for him.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::diagnosis::Facts;
use crate::frame::Timestamp;

/// Where those who ask and the capture meet.
#[derive(Debug, Default)]
pub struct Baselines {
    asked: AtomicBool,
    told: watch::Sender<Option<Arc<Known>>>,
}

/// What was known at one time.
#[derive(Debug)]
pub struct Known {
    /// At which.
    pub time: Timestamp,
    /// Of each endpoint, in no order.
    pub facts: Vec<Facts>,
}

impl Baselines {
    /// Whether somebody has asked since this was asked last. Who gets a yes tells.
    pub fn is_asked(&self) -> bool {
        self.asked.swap(false, Ordering::AcqRel)
    }

    /// Tells all who wait.
    pub fn tell(&self, known: Known) {
        self.told.send_replace(Some(Arc::new(known)));
    }

    /// What is known now; none when the capture does not say so in time, as before it has begun.
    pub async fn ask(&self, patience: Duration) -> Option<Arc<Known>> {
        let mut told = self.told.subscribe();
        // What is told from here on counts: the question comes behind the subscription.
        self.asked.store(true, Ordering::Release);
        timeout(patience, told.changed()).await.ok()?.ok()?;
        told.borrow_and_update().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_is_told_what_is_known_then_and_nobody_is_copied_for_in_vain() {
        let baselines = Arc::new(Baselines::default());
        assert!(!baselines.is_asked());
        assert!(baselines.ask(Duration::from_millis(1)).await.is_none());
        assert!(baselines.is_asked(), "the question stands");
        let known = |nanos| Known {
            time: Timestamp(nanos),
            facts: Vec::new(),
        };
        baselines.tell(known(1));
        let asking = Arc::clone(&baselines);
        let asker = tokio::spawn(async move { asking.ask(Duration::from_mins(1)).await });
        tokio::task::yield_now().await;
        assert!(baselines.is_asked() && !baselines.is_asked());
        baselines.tell(known(2));
        assert_eq!(asker.await.unwrap().unwrap().time, Timestamp(2));
    }
}
