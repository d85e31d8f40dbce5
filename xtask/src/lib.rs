//! What `cargo xtask` does: sets a machine up, demonstrates, tests and measures tlsmon. The live tests use its lab.

mod ansi;
pub mod bench;
pub mod check;
pub mod cluster;
pub mod command;
pub mod compare;
pub mod demo;
pub mod deploy;
pub mod fuzz;
pub mod guided;
pub mod image;
pub mod kernels;
pub mod lab;
pub mod names;
pub mod paths;
pub mod recording;
pub mod say;
pub mod scenarios;
pub mod setup;
pub mod test;
pub mod tour;
pub mod vm;
