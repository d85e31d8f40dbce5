//! Names from a server that speaks the Kubernetes API's list and watch over TLS, and fails in the ways that real ones do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::significant_drop_tightening,
    unreachable_pub,
    reason = "tests and their helpers: one that panics fails the test"
)]

mod agent;
mod api;
mod connection;
mod cost;
mod following;
mod identity;
mod interruptions;
mod late;
mod objects;
mod refusals;

use std::net::IpAddr;
use std::time::Duration;

use monitor::enrich::kubernetes::{Settings, Source, follow_all};
use monitor::enrich::{End, Kind, Named, Shared, Trouble, WatchState};
use monitor::flow::Side;
use monitor::frame::Timestamp;
use monitor::report::Transport;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use api::Cluster;

/// The node whose pods are followed.
const NODE: &str = "gke-1";

/// A directory that is filled from a cluster until the end of the test.
struct Names {
    directory: Shared,
    task: JoinHandle<()>,
}

impl Drop for Names {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// With the patience of a test.
fn settings() -> Settings {
    Settings {
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(200),
        silence: Duration::from_secs(20),
        ..Settings::of_node(NODE.to_owned())
    }
}

impl Names {
    fn of(cluster: &Cluster) -> Self {
        Self::with(cluster, settings())
    }

    fn with(cluster: &Cluster, settings: Settings) -> Self {
        let source = Source::find(Some(&cluster.identity.kubeconfig()))
            .unwrap()
            .unwrap();
        let directory = Shared::new(NODE);
        let filled = directory.clone();
        let task = tokio::spawn(async move { follow_all(&source, &settings, &filled).await });
        Self { directory, task }
    }

    /// What a server at port 8443 is called now.
    fn server(&self, address: &str) -> Named {
        self.server_at(address, now())
    }

    fn server_at(&self, address: &str, at: Timestamp) -> Named {
        let end = End {
            address: address.parse::<IpAddr>().unwrap(),
            port: (8443, Transport::Tcp),
            side: Side::Server,
        };
        self.directory.read(|directory| directory.look_up(end, at))
    }

    fn pod(&self, address: &str) -> Option<String> {
        self.server(address).pod.map(|pod| pod.to_string())
    }

    fn pod_at(&self, address: &str, at: Timestamp) -> Option<String> {
        self.server_at(address, at).pod.map(|pod| pod.to_string())
    }

    fn state(&self, kind: Kind) -> WatchState {
        self.directory
            .read(|directory| directory.snapshots()[kind as usize].state)
    }

    fn troubles(&self, kind: Kind, trouble: Trouble) -> u64 {
        self.directory
            .read(|directory| directory.snapshots()[kind as usize].troubles[trouble as usize])
    }

    /// Waits until every watch goes as it should.
    async fn up(&self) {
        eventually(|| {
            Kind::ALL
                .iter()
                .all(|kind| self.state(*kind) == WatchState::Up)
        })
        .await;
    }
}

/// Waits until something is so.
#[track_caller]
fn eventually(is_so: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let begun = Instant::now();
        while !is_so() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{caller}: still not so"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Long enough for what is not to happen.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp(u64::try_from(since.as_nanos()).unwrap())
}
