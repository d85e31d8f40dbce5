//! Timers, and which fires next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashMap;

use super::table::Place;
use crate::frame::Timestamp;

/// A span is two to this many nanoseconds: about 17 ms.
const SPAN: u32 = 24;

/// When something about a place in the table is due. Of two that fire at once, that of the older conversation comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub(super) at: Timestamp,
    /// Tells the conversation from others in the same place.
    pub(super) serial: u32,
    pub(super) place: Place,
}

/// Timers by time. Most of them never matter: what they wait for comes first. So those that are far off are only put with
/// others of the same span, and are put in order when that span comes.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// Those of all spans before the horizon, in order.
    near: BinaryHeap<Reverse<Timer>>,
    /// The others, by span.
    far: HashMap<u64, Vec<Timer>>,
    /// The spans that are far, in order.
    spans: BinaryHeap<Reverse<u64>>,
    /// The first span that is far.
    horizon: u64,
    len: usize,
    /// When the next one fires; early, never late.
    next: Option<Timestamp>,
}

impl Timers {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, timer: Timer) {
        self.len += 1;
        let span = timer.at.0 >> SPAN;
        let fires = if span < self.horizon {
            self.near.push(Reverse(timer));
            timer.at
        } else {
            self.push_far(span, timer);
            Timestamp(span << SPAN)
        };
        self.next = Some(self.next.map_or(fires, |next| next.min(fires)));
    }

    /// When the next one fires; early, never late.
    pub(super) const fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// Takes the first that fires at this time or before.
    #[inline]
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<Timer> {
        while self.next.is_some_and(|at| at <= now) {
            if !self.near.is_empty() {
                return self.pop_near();
            }
            self.come_near();
        }
        None
    }

    /// Takes the first, whenever it fires.
    pub(super) fn pop(&mut self) -> Option<Timer> {
        if self.near.is_empty() {
            self.come_near();
        }
        self.pop_near()
    }

    /// Keeps those for which this holds.
    pub(super) fn retain(&mut self, keep: impl Fn(Timer) -> bool) {
        self.near.retain(|Reverse(timer)| keep(*timer));
        self.far.retain(|_, timers| {
            timers.retain(|timer| keep(*timer));
            !timers.is_empty()
        });
        self.spans = self.far.keys().map(|span| Reverse(*span)).collect();
        let far: usize = self.far.values().map(Vec::len).sum();
        self.len = self.near.len() + far;
        self.look_ahead();
    }

    fn push_far(&mut self, span: u64, timer: Timer) {
        let timers = self.far.entry(span).or_default();
        if timers.is_empty() {
            self.spans.push(Reverse(span));
        }
        timers.push(timer);
    }

    fn pop_near(&mut self) -> Option<Timer> {
        let Reverse(timer) = self.near.pop()?;
        self.len = self.len.saturating_sub(1);
        self.look_ahead();
        Some(timer)
    }

    /// Puts the first span that is far in order.
    fn come_near(&mut self) {
        if let Some(Reverse(span)) = self.spans.pop() {
            self.horizon = span + 1;
            let timers = self.far.remove(&span).unwrap_or_default();
            self.near.extend(timers.into_iter().map(Reverse));
            self.look_ahead();
        }
    }

    fn look_ahead(&mut self) {
        let near = self.near.peek().map(|Reverse(timer)| timer.at);
        self.next = near.or_else(|| {
            let Reverse(span) = self.spans.peek()?;
            Some(Timestamp(span << SPAN))
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn timer(at: u64, serial: u32) -> Timer {
        Timer {
            at: Timestamp(at),
            serial,
            place: Place::default(),
        }
    }

    proptest! {
        /// Whatever is pushed in between, they come out in order, and none before its time.
        #[test]
        fn they_fire_in_order(steps in prop::collection::vec((0_u64..1 << 30, 0_u64..1 << 26), 1..200)) {
            let mut timers = Timers::default();
            let mut waiting: Vec<Timer> = Vec::new();
            let mut now = 0;
            for (serial, (ahead, passes)) in (0..).zip(steps) {
                timers.push(timer(now + ahead, serial));
                waiting.push(timer(now + ahead, serial));
                now += passes;
                waiting.sort_unstable();
                let due = waiting.partition_point(|timer| timer.at.0 <= now);
                let expected: Vec<Timer> = waiting.drain(..due).collect();
                let fired: Vec<Timer> =
                    std::iter::from_fn(|| timers.pop_due(Timestamp(now))).collect();
                prop_assert_eq!(fired, expected);
                prop_assert_eq!(timers.len(), waiting.len());
                prop_assert!(timers.next().is_none_or(|next| next <= waiting[0].at));
            }
            let rest: Vec<Timer> = std::iter::from_fn(|| timers.pop()).collect();
            prop_assert_eq!(rest, waiting);
        }
    }
}
