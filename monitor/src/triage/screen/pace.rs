//! When the next frame is due.

use std::time::{Duration, Instant};

/// How long a frame stands, at the least.
pub(super) const FRAME: Duration = Duration::from_millis(50);
/// The same when a person has pressed something, and waits to see what that does.
const ANSWER: Duration = Duration::from_millis(10);
/// How long a frame may be put off while there is more to read.
const LATEST: Duration = Duration::from_millis(250);
/// How long an unchanged screen stands: ages grow.
const IDLE: Duration = Duration::from_secs(1);

/// When frames were drawn, and what has happened since.
pub(super) struct Pace {
    drawn: Instant,
    due: Instant,
    /// There is something new to show.
    pub(super) changed: bool,
    /// A person waits for an answer.
    pub(super) pressed: bool,
}

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            drawn: now,
            due: now,
            changed: true,
            pressed: false,
        }
    }

    /// Whether to draw now. While there is more to read, frames are skipped, and counted; never for long, and never the answer to a key.
    pub(super) fn is_due(&mut self, now: Instant, more: bool, skipped: &mut u64) -> bool {
        let stands = now.duration_since(self.drawn);
        if self.pressed {
            return stands >= ANSWER && self.drawn_at(now);
        }
        if now < self.due || !self.changed && stands < IDLE {
            return false;
        }
        if more && stands < LATEST {
            self.due = now + FRAME;
            *skipped += 1;
            return false;
        }
        self.drawn_at(now)
    }

    fn drawn_at(&mut self, now: Instant) -> bool {
        (self.drawn, self.due) = (now, now + FRAME);
        (self.changed, self.pressed) = (false, false);
        true
    }

    /// How long to wait for a key when there is nothing to read: no longer than until the answer to the last one may be drawn.
    pub(super) const fn patience(&self, more: bool) -> Duration {
        match (more, self.pressed) {
            (true, _) => Duration::ZERO,
            (false, true) => ANSWER,
            (false, false) => FRAME,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_skipped_under_load_but_never_for_long() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let (mut drawn, mut skipped) = (0, 0);
        for millis in 0..2000 {
            pace.changed = true;
            let now = begin + Duration::from_millis(millis);
            drawn += u32::from(pace.is_due(now, true, &mut skipped));
        }
        assert!((7..=8).contains(&drawn), "{drawn}");
        assert!((30..=34).contains(&skipped), "{skipped}");
    }

    #[test]
    fn an_idle_screen_is_drawn_once_a_second() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let (mut drawn, mut skipped) = (0, 0);
        for millis in 0..5000 {
            let now = begin + Duration::from_millis(millis);
            drawn += u32::from(pace.is_due(now, false, &mut skipped));
        }
        assert_eq!((drawn, skipped), (5, 0));
    }

    #[test]
    fn the_answer_to_a_key_is_drawn_within_ten_milliseconds_whatever_there_is_to_read() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let mut skipped = 0;
        for press in 1..100 {
            // A key, at any time between two frames.
            let pressed = begin + Duration::from_millis(press * 37);
            pace.is_due(pressed, true, &mut skipped);
            (pace.pressed, pace.changed) = (true, true);
            let answered = (0..100).find(|millis| {
                pace.is_due(pressed + Duration::from_millis(*millis), true, &mut skipped)
            });
            assert!(answered.is_some_and(|millis| millis <= 10), "{answered:?}");
        }
    }
}
