//! How the watches of the Kubernetes API go. Where there is none, there are no series.

use super::instruments::Instruments;
use crate::enrich::{Snapshot, Trouble, WatchState};

/// Writes the state of one watch.
pub(super) fn record(watch: &Snapshot, instruments: &Instruments) {
    let kind = watch.kind.label();
    let up = instruments.kubernetes_watch_up.with_label_values(&[kind]);
    up.set(i64::from(watch.state == WatchState::Up));
    let objects = instruments.kubernetes_objects.with_label_values(&[kind]);
    objects.set(i64::try_from(watch.objects).unwrap_or(i64::MAX));
    for (trouble, count) in Trouble::ALL.iter().zip(watch.troubles) {
        let labels = [kind, trouble.label()];
        let counter = instruments.kubernetes_troubles.with_label_values(&labels);
        counter.inc_by(count.saturating_sub(counter.get()));
    }
}
