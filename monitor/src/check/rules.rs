//! What is judged of listeners, routes and overrides, each rule by itself.

mod listener;
mod overrides;
mod route;
mod secret;
mod together;

use super::draft::Draft;
use super::inventory::Inventory;
use crate::frame::Timestamp;

/// Everything that is wrong, in the order of the rules.
pub(super) fn judge(inventory: &Inventory, now: Timestamp) -> Vec<Draft> {
    let mut out = Vec::new();
    for one in &inventory.listeners {
        listener::judge(one, &mut out);
    }
    secret::judge(inventory, now, &mut out);
    for one in &inventory.routes {
        route::judge(one, inventory, &mut out);
    }
    for one in &inventory.overrides {
        overrides::judge(one, inventory, &mut out);
    }
    together::judge(inventory, &mut out);
    out
}
