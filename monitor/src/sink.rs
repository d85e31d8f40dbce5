//! What becomes of an [`Event`](crate::report::Event): lines for people and programs, counts, metrics.
//!
//! [`fanout::Fanout`] is where an event comes in on a live host:
//!
//! ```text
//! Event --> metrics           every event, before any filter
//!       --> tally             every event: what the run came to
//!       --> recent, lately    the last of them, and what fails in groups, for the API
//!       --> feed              every event, while somebody reads the stream; readers lose by count
//!       --> filter --> queue --> printer --> stdout      may be slow, and then loses by count
//! ```
//!
//! A replay prints directly: a file can wait for a slow reader.

pub mod baselines;
pub mod escape;
pub mod fanout;
pub mod feed;
pub mod json;
pub mod lately;
pub mod metrics;
pub mod position;
pub mod printer;
pub mod queue;
pub mod recent;
pub mod schema;
pub mod style;
pub mod summary;
pub mod text;
pub mod topk;
pub(crate) mod wrap;
