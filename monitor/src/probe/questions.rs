//! Which question comes next, given the answers so far.

use super::answer::{Ending, Exchange};
use super::like::Like;
use super::noise::Noise;
use super::offer::{self, OTHER_NAME};
use super::{Asked, runbook};
use crate::report::ProbeQuestion;

/// How many unanswered connections are waited for before the rest is left unasked.
const MAX_TIMEOUTS: usize = 4;
/// How many connections in a row may end before a hello, or in silence, at the begin.
const MAX_VAIN: usize = 3;

/// Gives one question after the other.
#[derive(Debug)]
pub struct Questions {
    plan: Plan,
    name: Option<String>,
    noise: Noise,
}

#[derive(Debug)]
enum Plan {
    Runbook,
    Like(Box<Like>),
}

impl Questions {
    /// The questions of the runbook, for this name.
    pub const fn of_runbook(name: Option<String>, noise: Noise) -> Self {
        Self {
            plan: Plan::Runbook,
            name,
            noise,
        }
    }

    /// The hello of a report, and then that with one thing changed. `name` is one that the server is said to serve.
    pub fn of_report(like: Like, name: Option<String>, noise: Noise) -> Self {
        Self {
            plan: Plan::Like(Box::new(like)),
            name,
            noise,
        }
    }

    /// How many questions there are at most.
    pub fn at_most(&self) -> usize {
        match &self.plan {
            Plan::Runbook => runbook::ORDER.len(),
            // A change is tried only when the hello itself fails, and the certificates are looked at only when it does not.
            Plan::Like(like) => 1 + like.changes(self.name.as_deref()).len().max(1),
        }
    }

    /// The next question; none when nothing is left that would tell more.
    pub fn next(&mut self, so_far: &[Exchange]) -> Option<Asked> {
        if is_in_vain(so_far) {
            return None;
        }
        match &self.plan {
            Plan::Runbook => {
                let question = runbook::next(so_far, self.name.is_some())?;
                Some(self.runbook_question(question, so_far))
            }
            Plan::Like(like) => {
                let question = like.next(so_far, self.name.as_deref())?;
                let hello = like.hello_for(question, self.name.as_deref());
                let words = like.words(question, self.name.as_deref());
                Some(Asked::new(question, words, &hello, &mut self.noise))
            }
        }
    }

    fn runbook_question(&mut self, question: ProbeQuestion, so_far: &[Exchange]) -> Asked {
        let name = match question {
            ProbeQuestion::WithName | ProbeQuestion::Again => self.name.as_deref(),
            ProbeQuestion::WithoutName => None,
            ProbeQuestion::OtherName => Some(OTHER_NAME),
            _ => runbook::served_name(so_far, self.name.as_deref()),
        };
        let hidden = !runbook::is_answered(so_far, ProbeQuestion::Tls12);
        let hello = offer::of(question, name, hidden);
        let words = runbook::words(question, name);
        Asked::new(question, words, &hello, &mut self.noise)
    }
}

/// Whether the answers so far say that all others would be the same.
fn is_in_vain(so_far: &[Exchange]) -> bool {
    let Some(first) = so_far.first() else {
        return false;
    };
    let ending = &first.answer.ending;
    let waited = |exchange: &&Exchange| {
        matches!(
            exchange.answer.ending,
            Ending::Silent | Ending::ConnectTimeout
        )
    };
    let timeouts = so_far.iter().filter(waited);
    let vain = |exchange: &Exchange| {
        matches!(
            exchange.answer.ending,
            Ending::Silent | Ending::HungUp { .. } | Ending::TooMuch
        ) || exchange.answer.is_unconnected()
    };
    first.answer.is_unconnected()
        || matches!(ending, Ending::Cleartext(_))
        || so_far.len() >= MAX_VAIN && so_far.iter().all(vain)
        || timeouts.count() >= MAX_TIMEOUTS
}

/// Whether the questions ended before all that could be asked was asked.
pub(super) fn ended_early(so_far: &[Exchange]) -> bool {
    is_in_vain(so_far)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;
    use crate::probe::{Answer, Cut, Dialogue};

    const TLS13: &[u8] = include_bytes!("../../tests/streams/ok_tls13.server");
    const NAME: &str = "shop.example";

    /// The answer of a server that takes the hello.
    fn taken() -> Answer {
        let mut dialogue = Dialogue::new(None);
        dialogue.receive(TLS13);
        dialogue.end(&Cut::Ours, Duration::ZERO, Duration::ZERO)
    }

    /// All questions that are asked when this comes of each.
    fn asked(name: Option<&str>, ending: impl Fn(&Asked) -> Option<Ending>) -> Vec<ProbeQuestion> {
        let name = name.map(str::to_owned);
        let mut questions = Questions::of_runbook(name, Noise::new([0; 32]));
        let most = questions.at_most();
        let mut so_far = Vec::new();
        while let Some(asked) = questions.next(&so_far) {
            let answer = ending(&asked).map_or_else(taken, |ending| {
                Answer::without_dialogue(ending, None, Duration::ZERO)
            });
            so_far.push(Exchange { asked, answer });
            assert!(so_far.len() <= most, "no more than was announced");
        }
        let questions = so_far.iter().map(|exchange| exchange.asked.question);
        questions.collect()
    }

    #[rstest]
    #[case::nobody_listens(Ending::Refused, 1)]
    #[case::nobody_answers(Ending::ConnectTimeout, 1)]
    #[case::cleartext(Ending::Cleartext(None), 1)]
    #[case::silence(Ending::Silent, 3)]
    #[case::nobody_waits_for_the_hello(Ending::HungUp { reset: true }, 3)]
    #[case::everything_is_reset(Ending::Reset, 11)]
    fn what_would_be_the_same_again_is_not_asked(#[case] ending: Ending, #[case] count: usize) {
        assert_eq!(asked(Some(NAME), |_| Some(ending.clone())).len(), count);
    }

    #[test]
    fn a_server_that_answers_everything_is_asked_everything_but_small_segments() {
        let all = asked(Some(NAME), |_| None);
        assert_eq!(all.len(), runbook::ORDER.len() - 1);
        assert!(!all.contains(&ProbeQuestion::PostQuantumInPieces));
    }

    #[test]
    fn without_a_name_there_is_one_question_less() {
        let all = asked(None, |_| None);
        assert_eq!(all.first(), Some(&ProbeQuestion::WithoutName));
        assert_eq!(all.len(), runbook::ORDER.len() - 2);
    }

    #[test]
    fn a_server_that_falls_silent_is_not_waited_for_for_ever() {
        let silent = |asked: &Asked| {
            let is_first = asked.question == ProbeQuestion::WithName;
            (!is_first).then_some(Ending::Silent)
        };
        assert_eq!(asked(Some(NAME), silent).len(), 1 + MAX_TIMEOUTS);
    }

    #[test]
    fn where_only_nameless_hellos_are_answered_the_rest_asks_without_a_name() {
        let mut questions = Questions::of_runbook(Some(NAME.to_owned()), Noise::new([0; 32]));
        let mut so_far = Vec::new();
        let mut names = Vec::new();
        while let Some(asked) = questions.next(&so_far) {
            let has_name = asked.name().is_some();
            names.push((asked.question, has_name));
            let answer = if has_name {
                Answer::without_dialogue(Ending::Reset, None, Duration::ZERO)
            } else {
                taken()
            };
            so_far.push(Exchange { asked, answer });
        }
        assert!(names.contains(&(ProbeQuestion::Tls12, false)));
        assert!(names.contains(&(ProbeQuestion::Again, true)));
    }
}
