//! Follows the Kubernetes API: the pods of this node, the Services and the EndpointSlices, into a [`Shared`] directory.
//!
//! ```text
//! thread tlsmon-names    one task for each kind:   list --> watch --> watch ... --> (410 Gone) list --> ...
//! ```
//!
//! Of each kind one list and then one watch at a time, which goes on where the last one ended. Whatever goes wrong is counted,
//! said once, and tried again, ever more seldom.

mod api;
mod backoff;
mod check;
mod follow;
mod page;
mod problem;
mod source;

use std::time::Duration;

use tokio::runtime::Builder;

use super::{PodObject, ServiceObject, Shared, SliceObject};
pub use check::{Unreadable, check};
pub use source::{Source, SourceError};

/// What the API is asked for, and how patiently.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose pods.
    pub node: String,
    /// How long to wait after the first failure; each further one doubles it.
    pub first_pause: Duration,
    /// How long to wait at most.
    pub longest_pause: Duration,
    /// How long a watch may last.
    pub watch: Duration,
    /// How long the API may say nothing. It writes a bookmark each minute.
    pub silence: Duration,
}

impl Settings {
    /// For the pods of this node.
    pub const fn of_node(node: String) -> Self {
        Self {
            node,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_mins(1),
            watch: Duration::from_secs(280),
            silence: Duration::from_secs(100),
        }
    }
}

/// Follows the API until the process ends, on a thread of its own.
pub fn start(source: Source, settings: Settings, directory: Shared) -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name("tlsmon-names".to_owned());
    let work = move || runtime.block_on(follow_all(&source, &settings, &directory));
    thread.spawn(work).map(drop)
}

/// Follows every kind. It never ends.
pub async fn follow_all(source: &Source, settings: &Settings, directory: &Shared) {
    tokio::join!(
        follow::follow::<PodObject>(source, settings, directory),
        follow::follow::<ServiceObject>(source, settings, directory),
        follow::follow::<SliceObject>(source, settings, directory),
    );
}
