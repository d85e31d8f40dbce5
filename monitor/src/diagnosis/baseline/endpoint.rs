//! What one endpoint did lately.

use super::facts::Named;
use super::lesson::{Lesson, Seen};
use super::names::{Entry, Names};
use super::profile::{Choices, Chosen, Marks, Profile};
use super::refusals::{Refusals, Refused, Repeats};
use super::steadiness::Steadiness;
use super::tried::Tried;
use super::window::Window;
use crate::diagnosis::offer::Offer;
use crate::frame::Timestamp;
use crate::tls::ClientHello;

/// The first so many answers behind a refusal may each turn the verdict on it.
const NEWS: u8 = 3;

/// What one endpoint did lately.
#[derive(Clone, Debug)]
pub struct Baseline {
    with_sni: Window,
    without_sni: Window,
    names: Names,
    choices: Choices,
    refusals: Refusals,
    repeats: Repeats,
    steadiness: Steadiness,
    /// When a hello with a name was first established since the last trouble.
    first_completed: Option<Timestamp>,
    /// When a hello with a name was last established.
    last_completed: Timestamp,
    /// How many answers came since the last refusal; no more than [`NEWS`] are counted.
    answers: u8,
    pub(super) last_use: Timestamp,
}

/// What became of a lesson.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// A verdict on a refusal may turn on it.
    pub(super) news: bool,
    pub(super) name: Entry,
}

impl Baseline {
    /// Of an endpoint that is first seen now.
    pub fn new(now: Timestamp) -> Self {
        Self {
            with_sni: Window::default(),
            without_sni: Window::default(),
            names: Names::default(),
            choices: Choices::default(),
            refusals: Refusals::default(),
            repeats: Repeats::default(),
            steadiness: Steadiness::new(now),
            first_completed: None,
            last_completed: Timestamp(0),
            answers: 0,
            last_use: now,
        }
    }

    /// Hellos that carried a name.
    pub fn with_sni(&self, now: Timestamp) -> Tried {
        self.with_sni.tried(now)
    }

    /// Hellos that carried none.
    pub fn without_sni(&self, now: Timestamp) -> Tried {
        self.without_sni.tried(now)
    }

    /// Hellos that carried this name, if any was answered.
    pub fn named(&self, name: &[u8], now: Timestamp) -> Tried {
        self.names
            .get(name)
            .map_or_else(Tried::default, |window| window.tried(now))
    }

    /// Whether every name that was answered lately is known.
    pub const fn knows_all_names(&self) -> bool {
        self.names.is_whole()
    }

    /// What is negotiated for this name, or without one; where nothing was, what is negotiated at all.
    pub fn profile(&self, name: Option<&[u8]>, now: Timestamp) -> Profile<'_> {
        let own = match name {
            Some(name) => self.names.get(name),
            None => Some(&self.without_sni),
        };
        let own = own.map(|window| self.profile_of(window.tried(now), window.marks(now)));
        own.filter(|own| own.answered > 0)
            .unwrap_or_else(|| self.all_negotiated(now))
    }

    /// What is negotiated at all.
    pub(super) fn all_negotiated(&self, now: Timestamp) -> Profile<'_> {
        let tried = self.with_sni(now).plus(self.without_sni(now));
        self.profile_of(tried, self.marks(now))
    }

    /// The names that were tried most, at most so many of them, and how many others there are.
    pub(super) fn names_tried(&self, now: Timestamp, most: usize) -> (Vec<Named>, usize) {
        self.names.most(now, most)
    }

    /// What was refused since it last answered anybody.
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// How often a name was refused lately, if it was refused again after other names had completed.
    pub fn refused_again(&self, name: &[u8]) -> Option<u32> {
        self.repeats.parted(name)
    }

    /// The key of Encrypted Client Hello that the last handshakes for this name had, where it is another one than this, and how
    /// many of them there were.
    pub fn key_in_place_of(&self, name: &[u8], id: u8, now: Timestamp) -> Option<(u8, u8)> {
        self.names.keys(name)?.in_place_of(id, now)
    }

    /// Whether nothing speaks against its having been up at that time.
    pub fn was_up(&self, at: Timestamp) -> bool {
        self.steadiness.was_up(at)
    }

    /// Whether a hello with a name was established before that time, and the endpoint was up since.
    pub fn had_completed(&self, at: Timestamp) -> bool {
        self.first_completed.is_some_and(|first| first <= at)
    }

    /// When it last learned something.
    pub const fn last_use(&self) -> Timestamp {
        self.last_use
    }

    /// Takes a lesson. `room` tells whether the endpoints together may have one more name.
    pub(super) fn learn(&mut self, lesson: &Lesson<'_>, room: bool) -> Heard {
        self.last_use = self.last_use.max(lesson.at);
        let (news, marks) = match lesson.seen {
            Seen::Answer(chosen) => self.answered(lesson, chosen.as_ref()),
            Seen::Refusal { mute, hello } => {
                (mute && self.refused(lesson, hello), Marks::default())
            }
            Seen::Trouble => (self.trouble(), Marks::default()),
        };
        let what = (lesson.tried, marks);
        let window = match lesson.name {
            Some(_) => &mut self.with_sni,
            None => &mut self.without_sni,
        };
        window.add(lesson.tried, marks, lesson.at);
        let name = match lesson.name {
            Some(name) => self.names.add(name, what, lesson.at, room),
            None => Entry::Kept,
        };
        if let (Some(name), Some(id)) = (lesson.name, lesson.key) {
            self.names.used_key(name, id, lesson.at);
        }
        Heard { news, name }
    }

    /// How many names it tells apart.
    pub(super) fn names(&self) -> usize {
        self.names.len()
    }

    fn answered(&mut self, lesson: &Lesson<'_>, chosen: Option<&Chosen<'_>>) -> (bool, Marks) {
        let at = lesson.at;
        let recovers = self.steadiness.answered(at);
        if recovers {
            self.first_completed = None;
        }
        if lesson.name.is_some() && lesson.tried.completed > 0 {
            self.first_completed.get_or_insert(at);
            self.last_completed = self.last_completed.max(at);
        }
        self.refusals = Refusals::default();
        let is_early = self.answers < NEWS;
        self.answers = self.answers.saturating_add(1).min(NEWS);
        let (marks, is_new) = chosen.map_or_else(Default::default, |chosen| self.mark(chosen, at));
        (recovers || is_early || is_new, marks)
    }

    fn mark(&mut self, chosen: &Chosen<'_>, at: Timestamp) -> (Marks, bool) {
        let (with, without) = (&self.with_sni, &self.without_sni);
        let in_use = || with.marks(at).or(without.marks(at));
        self.choices.mark(chosen, in_use)
    }

    /// A refusal that says nothing of its reason. One of a hello that shares nothing with what is negotiated has its reason.
    fn refused(&mut self, lesson: &Lesson<'_>, hello: &ClientHello) -> bool {
        let Lesson {
            at, name, client, ..
        } = *lesson;
        self.answers = 0;
        let profile = self.profile(name, at);
        if (Offer { hello, profile }).apart().is_some() {
            return false;
        }
        let served = match name {
            Some(name) => self.named(name, at).answered > 0,
            None => self.without_sni(at).answered > 0,
        };
        let grows = self.refusals.add(&Refused {
            name,
            client,
            served,
            at,
        });
        let troubled = served && self.trouble();
        let again = name.is_some_and(|name| self.repeats.add(name, self.last_completed, at));
        grows || troubled || again
    }

    fn trouble(&mut self) -> bool {
        self.repeats.clear();
        self.steadiness.trouble()
    }

    fn marks(&self, now: Timestamp) -> Marks {
        self.with_sni.marks(now).or(self.without_sni.marks(now))
    }

    const fn profile_of(&self, tried: Tried, marks: Marks) -> Profile<'_> {
        Profile {
            choices: &self.choices,
            marks,
            answered: tried.answered,
        }
    }
}

impl Default for Baseline {
    fn default() -> Self {
        Self::new(Timestamp::default())
    }
}
