//! The terminal screen of the engineer on call.
//!
//! ```text
//! source --> News --> Model --> Layer --> draw --> terminal
//! file |     a line   what is   what a    cells    screen.rs
//! agent      of JSON  held      person
//! (thread)            (pure)    looks at
//! ```
//!
//! The model has no terminal, no clock and no socket: news and actions go in, what is to be shown comes out. Everything that it
//! holds is bounded, and what made room is counted and shown.

mod action;
mod ask;
mod command;
mod draw;
mod held;
mod keys;
mod ladder;
mod layer;
mod model;
mod news;
mod pages;
mod plain;
mod problems;
mod record;
mod screen;
mod source;
mod text;
mod trend;

#[cfg(test)]
mod tests;

pub(crate) use model::Model;
pub(crate) use plain::plain;
pub(crate) use screen::{Look, ScreenError, show};
pub(crate) use source::{Agents, File, Sources};
