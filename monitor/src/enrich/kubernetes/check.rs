//! Whether what names are taken from can be read, by trying.

use std::io;

use tokio::runtime::Builder;

use super::api::Api;
use super::follow::{help, plural};
use super::{Settings, Source};
use crate::enrich::Watched;
use crate::enrich::object::{PodObject, ServiceObject, SliceObject};

/// A kind of object that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which, and why.
    pub what: String,
    /// What to do about it, where that is known.
    pub help: Option<String>,
}

/// Asks for one object of each kind. Gives the kinds that cannot be read.
pub fn check(source: &Source, settings: &Settings) -> io::Result<Vec<Unreadable>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let all = runtime.block_on(async {
        tokio::join!(
            try_one::<PodObject>(source, settings),
            try_one::<ServiceObject>(source, settings),
            try_one::<SliceObject>(source, settings),
        )
    });
    Ok([all.0, all.1, all.2].into_iter().flatten().collect())
}

async fn try_one<T: Watched>(source: &Source, settings: &Settings) -> Option<Unreadable> {
    let mut api = Api::new(source, settings, T::KIND);
    let mut problem = api.one::<T>().await.err()?;
    if api.repair(&problem) {
        problem = api.one::<T>().await.err()?;
    }
    Some(Unreadable {
        what: format!("{}: {}", plural::<T>(), problem.words()),
        help: help::<T>(&problem),
    })
}
