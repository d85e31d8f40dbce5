//! Follows one kind of object: list, then watch, from wherever the last watch ended.

use std::time::Duration;

use kube::core::WatchEvent;
use tokio::time::sleep;

use super::api::{self, Api};
use super::backoff::{Backoff, chance};
use super::problem::Problem;
use super::{Settings, Source};
use crate::enrich::{Directory, Kind, Seen, Shared, Watched};
use crate::frame::Timestamp;

/// How long after a watch begins its changes may be of the time before.
const CATCH_UP: Duration = Duration::from_secs(3);
/// An interruption that is too short to matter for when something happened.
const BLINK: Duration = Duration::from_secs(1);
/// A watch that ends sooner is cut, even if in order.
const WORTH: Duration = Duration::from_millis(500);

/// Follows one kind of object. It never ends.
pub(super) async fn follow<T: Watched>(source: &Source, settings: &Settings, directory: &Shared) {
    let mut follower = Follower {
        api: Api::new(source, settings, T::KIND),
        settings,
        directory,
        version: None,
        known_until: Timestamp::default(),
        backoff: Backoff::new(settings.first_pause, settings.longest_pause),
        said: None,
    };
    loop {
        let ended = follower.list_and_watch::<T>().await;
        if let Some(pause) = follower.after::<T>(ended) {
            sleep(pause).await;
        }
    }
}

struct Follower<'a> {
    api: Api<'a>,
    settings: &'a Settings,
    directory: &'a Shared,
    /// Where the next watch goes on; none when everything is to be listed.
    version: Option<String>,
    /// Until when every change has been told.
    known_until: Timestamp,
    backoff: Backoff,
    /// What was last said to be wrong.
    said: Option<String>,
}

impl Follower<'_> {
    /// Lists, unless it is known where to go on, and watches until that ends in order. Gives whether it lasted.
    async fn list_and_watch<T: Watched>(&mut self) -> Result<bool, Problem> {
        let version = match self.version.take() {
            Some(version) => version,
            None => self.list::<T>().await?,
        };
        self.version = Some(version.clone());
        let mut changes = self.api.changes::<T>(&version).await?;
        self.is_up::<T>();
        let begun = now();
        let missed = (begun.since(self.known_until) > BLINK).then_some(self.known_until);
        loop {
            let next = api::next(&mut changes, self.settings.silence).await;
            if now().since(begun) >= WORTH {
                self.backoff.reset();
            }
            let Some(change) = next? else {
                break;
            };
            let at = now();
            let before = missed.filter(|_| at.since(begun) < CATCH_UP);
            self.change(change, Seen::late(at, before.unwrap_or(at)))?;
            if before.is_none() {
                self.known_until = at;
            }
        }
        self.known_until = now();
        Ok(now().since(begun) >= WORTH)
    }

    /// Lists everything. Gives where a watch goes on.
    async fn list<T: Watched>(&mut self) -> Result<String, Problem> {
        self.directory
            .write(|directory| directory.begin_list(T::KIND));
        let mut next = String::new();
        loop {
            let page = self.api.page::<T>(&next).await?;
            let seen = Seen::late(now(), self.known_until);
            for object in page.items {
                // One at a time: whoever reads need not wait for all.
                self.directory
                    .write(|directory| directory.apply(object, seen));
            }
            if page.metadata.r#continue.is_empty() {
                self.directory
                    .write(|directory| directory.end_list(T::KIND, seen));
                self.doubt_node::<T>();
                self.known_until = seen.at;
                return Ok(page.metadata.resource_version);
            }
            next = page.metadata.r#continue;
        }
    }

    /// A node without a pod is none: tlsmon itself runs on it, or is asked for names of another.
    fn doubt_node<T: Watched>(&self) {
        let is_first = self.known_until == Timestamp::default();
        let pods = |directory: &Directory| directory.snapshots().first().map(|pods| pods.objects);
        if T::KIND == Kind::Pod && is_first && self.directory.read(pods) == Some(0) {
            let node = &self.settings.node;
            tracing::warn!(
                "names: the Kubernetes API has no pods on the node {node:?}\nhelp: say what the node is called there with --node or TLSMON_NODE"
            );
        }
    }

    fn change<T: Watched>(&mut self, change: WatchEvent<T>, seen: Seen) -> Result<(), Problem> {
        match change {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                self.version = Some(object.meta().resource_version.clone());
                self.directory
                    .write(|directory| directory.apply(object, seen));
            }
            WatchEvent::Deleted(object) => {
                self.version = Some(object.meta().resource_version.clone());
                self.directory
                    .write(|directory| directory.remove(&object, seen));
            }
            WatchEvent::Bookmark(mark) => self.version = Some(mark.metadata.resource_version),
            WatchEvent::Error(status) => return Err(Problem::from(&*status)),
        }
        Ok(())
    }

    fn is_up<T: Watched>(&mut self) {
        let was_down = self.directory.write(|directory| directory.set_up(T::KIND));
        if self.said.take().is_some() {
            tracing::warn!("names: the Kubernetes API tells of {} again", plural::<T>());
        } else if was_down {
            tracing::info!("names: the Kubernetes API tells of {}", plural::<T>());
        }
    }

    /// What is to be done before the next attempt. Gives how long to wait for it.
    fn after<T: Watched>(&mut self, ended: Result<bool, Problem>) -> Option<Duration> {
        let problem = match ended {
            Ok(true) => return None,
            Ok(false) => Problem::Cut,
            Err(problem) => problem,
        };
        self.directory
            .write(|directory| directory.set_trouble(T::KIND, problem.trouble()));
        self.api.repair(&problem);
        if problem.spoils_version() {
            self.version = None;
        }
        self.say::<T>(&problem);
        Some(self.backoff.pause(chance()))
    }

    /// Says what is wrong, once.
    fn say<T: Watched>(&mut self, problem: &Problem) {
        let words = problem.words();
        if problem.is_usual() {
            tracing::debug!("names: {}: {words}", plural::<T>());
        } else if self.said.as_ref() != Some(&words) {
            let help =
                help::<T>(problem).map_or_else(String::new, |help| format!("\nhelp: {help}"));
            tracing::warn!("names: cannot read {}: {words}{help}", plural::<T>());
            self.said = Some(words);
        }
    }
}

/// What to do about a problem.
pub(super) fn help<T: Watched>(problem: &Problem) -> Option<String> {
    match problem {
        Problem::Source(error) => Some(error.help().to_owned()),
        Problem::Refused { code: 403, .. } => Some(format!(
            "allow the service account to list and watch {} (deploy/base/role.yaml)",
            plural::<T>()
        )),
        _ => None,
    }
}

/// The kind as people speak of it.
pub(super) fn plural<T: Watched>() -> String {
    format!("{}s", T::KIND)
}

/// By the clock that stamps the packets.
fn now() -> Timestamp {
    let nanos = jiff::Timestamp::now().as_nanosecond();
    Timestamp(u64::try_from(nanos).unwrap_or(0))
}
