//! What fails, in groups: what a person should see first, on the screen, on the page and in `/api/v1/summary`.
//!
//! ```text
//! reports --> Problems     --> failed, moved --> Groups --> Problem    count, first and last, trend, clients, examples
//! lines of JSON --> the screen's --^
//! ```
//!
//! Both count in the same way: what makes two failures the same problem, and what is held of one, is up to who tells of them. Time is
//! that of the handshakes, so that a capture file groups as a live run did.

mod certificates;
mod clients;
mod endpoints;
mod groups;
mod problem;
mod reported;
mod trend;

pub use certificates::{Certificate, Certificates};
pub use clients::{Affected, Client, Clients};
pub use endpoints::{Endpoint, Endpoints, NameFacts};
pub use groups::{Forgotten, Groups, Room};
pub use problem::{Example, Key, Problem, Seen};
pub use reported::{Name, ProblemKey, Problems, STEP_SECONDS, Sample};
pub use trend::{STEPS, Scale, Trend};

#[cfg(test)]
mod tests;
