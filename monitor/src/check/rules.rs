//! What is judged of listeners, routes and overrides, each rule by itself.

mod listener;
mod overrides;
mod route;
mod secret;
mod together;

use std::collections::BTreeMap;

use super::draft::Draft;
use super::inventory::Inventory;
use crate::frame::Timestamp;

/// Everything that is wrong, in the order of the rules.
pub(super) fn judge(inventory: &Inventory, now: Timestamp) -> Vec<Draft> {
    let mut out = Vec::new();
    for one in &inventory.listeners {
        let before = out.len();
        listener::judge(one, &mut out);
        are_of(&one.selector, out.iter_mut().skip(before));
    }
    secret::judge(inventory, now, &mut out);
    for one in &inventory.routes {
        let before = out.len();
        route::judge(one, inventory, &mut out);
        are_of(&one.selector, out.iter_mut().skip(before));
    }
    for one in &inventory.overrides {
        overrides::judge(one, inventory, &mut out);
    }
    together::judge(inventory, &mut out);
    out
}

/// These findings are about handshakes that came to pods with these labels.
fn are_of<'a>(labels: &BTreeMap<String, String>, drafts: impl Iterator<Item = &'a mut Draft>) {
    for draft in drafts {
        draft.about.labels = Some(labels.clone());
    }
}
