//! Names for addresses: pods, their workloads, Services and the node, as the Kubernetes API tells them.
//!
//! ```text
//! Kubernetes API --> kubernetes --> Directory        who had which address, from when until when
//!                    list, watch        |
//!                    (I/O)              v
//!                       Event --> Enricher --> Event with names, and the direction seen from the pods
//! ```
//!
//! All but [`kubernetes`] is pure: when something was seen is an argument.

mod claims;
mod directory;
mod end;
mod enricher;
mod held;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
pub mod object;
mod pods;
mod range;
mod register;
mod seen;
mod services;
mod slices;
mod told;
mod watch;
mod workload;

pub use directory::{Directory, Shared};
pub use end::{End, Named};
pub use enricher::Enricher;
pub use object::{Meta, PodObject, ServiceObject, SliceObject, Watched};
pub use seen::Seen;
pub use watch::{Kind, Snapshot, Trouble, WatchState};
