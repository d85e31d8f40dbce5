//! The answers, looked at together.

use crate::diagnosis::millis;
use crate::frame::Timestamp;
use crate::probe::answer::{Answer, Ending, Exchange};
use crate::report::ProbeQuestion;

/// Questions that a server was asked, with their answers, and when.
#[derive(Clone, Copy, Debug)]
pub(in crate::probe) struct Inquiry<'a> {
    pub(in crate::probe) exchanges: &'a [Exchange],
    pub(in crate::probe) at: Timestamp,
}

impl<'a> Inquiry<'a> {
    /// The exchange of this question.
    pub(super) fn of(&self, question: ProbeQuestion) -> Option<&'a Exchange> {
        let mut all = self.exchanges.iter();
        all.find(|exchange| exchange.asked.question == question)
    }

    /// The exchange of this question, where the server took the hello.
    pub(super) fn answered(&self, question: ProbeQuestion) -> Option<&'a Exchange> {
        self.of(question)
            .filter(|exchange| exchange.answer.suits(&exchange.asked))
    }

    /// The exchange of this question, where the server did not take the hello.
    pub(super) fn refused(&self, question: ProbeQuestion) -> Option<&'a Exchange> {
        self.of(question)
            .filter(|exchange| !exchange.answer.suits(&exchange.asked))
    }

    /// The first question: what an ordinary client would ask.
    pub(super) fn main(&self) -> Option<&'a Exchange> {
        self.exchanges.first()
    }

    /// The first question, where it was answered.
    pub(super) fn main_answered(&self) -> Option<&'a Exchange> {
        self.main().filter(|main| main.answer.suits(&main.asked))
    }

    /// Which clients ask as the first question does.
    pub(super) fn main_clients(&self) -> &'static str {
        match self.main().map(|main| main.asked.question) {
            Some(ProbeQuestion::SameHello) => "clients with this hello",
            Some(ProbeQuestion::WithoutName) => "clients without a server name",
            _ => super::EVERY_CLIENT,
        }
    }

    /// The first question got another answer the second time.
    pub(super) fn is_unsteady(&self) -> bool {
        let again = self.of(ProbeQuestion::Again);
        let takes = |exchange: &Exchange| exchange.answer.suits(&exchange.asked);
        match (self.main(), again) {
            (Some(main), Some(again)) => takes(main) != takes(again),
            _ => false,
        }
    }

    /// Whether every answer is such.
    pub(super) fn all(&self, is_such: impl Fn(&Answer) -> bool) -> bool {
        !self.exchanges.is_empty()
            && self
                .exchanges
                .iter()
                .all(|exchange| is_such(&exchange.answer))
    }
}

/// The question and what came of it: `without a name: RST after 0.31 ms`.
pub(super) fn sentence(exchange: &Exchange) -> String {
    let answer = &exchange.answer;
    let waited = matches!(
        answer.ending,
        Ending::Silent | Ending::ConnectTimeout | Ending::Unreachable(_)
    );
    let after = if waited {
        String::new()
    } else {
        format!(" after {}", millis(answer.took))
    };
    format!("{}: {}{after}", exchange.asked.words, answer.words())
}
