//! Whatever is pressed, whatever comes, however the screen changes: no panic, and bounded room.

use proptest::prelude::*;

use super::screens::shown;
use super::{handshake, line};
use crate::filter::Filter;
use crate::report::example;
use crate::report::{Cause, Event};
use crate::triage::action::{Mouse, Press};
use crate::triage::held::{FAILURES, OTHERS};
use crate::triage::keys::KEYS;
use crate::triage::model::{MAX_WAITING, Model};
use crate::triage::news::{News, State};
use crate::triage::problems::MAX_PROBLEMS;
use crate::triage::record;

#[derive(Clone, Debug)]
enum Step {
    Press(Press),
    Mouse(Mouse),
    Failure(u64, u8, String, usize),
    Any(usize),
    Text(String),
    State(u8),
    Size(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let keys: Vec<Press> = KEYS.iter().flat_map(|key| key.presses).copied().collect();
    let mouse = prop_oneof![
        (0_u16..250, 0_u16..100).prop_map(|(x, y)| Mouse::Click(x, y)),
        Just(Mouse::WheelUp),
        Just(Mouse::WheelDown),
    ];
    prop_oneof![
        6 => prop::sample::select(keys).prop_map(Step::Press),
        1 => any::<char>().prop_map(|c| Step::Press(Press::Char(c))),
        1 => mouse.prop_map(Step::Mouse),
        4 => (0_u64..100_000, any::<u8>(), ".{0,30}", 0..Cause::ALL.len())
            .prop_map(|(second, client, name, cause)| Step::Failure(second, client, name, cause)),
        1 => (0_usize..8).prop_map(Step::Any),
        1 => ".{0,40}".prop_map(Step::Text),
        1 => (0_u8..5).prop_map(Step::State),
        2 => (0_u16..220, 0_u16..70).prop_map(|(x, y)| Step::Size(x, y)),
        1 => (0_u16..3, 0_u16..3).prop_map(|(x, y)| Step::Size(x, y)),
    ]
}

fn take(model: &mut Model, step: Step) {
    match step {
        Step::Press(press) => drop(model.press(press)),
        Step::Mouse(mouse) => drop(model.mouse(mouse)),
        Step::Failure(second, client, name, cause) => {
            let cause = Cause::ALL[cause].label();
            model.take(line(handshake(second, client, Some(&name), cause)));
        }
        Step::Any(which) => {
            let events = example::events();
            let event: &Event = &events[which % events.len()];
            model.take(News::Line(0, record::line(event)));
        }
        Step::Text(text) => model.take(News::Line(7, text)),
        Step::State(which) => model.take(News::State(
            0,
            match which {
                0 => State::Connecting,
                1 => State::Reading(5, Some(10)),
                2 => State::Live,
                3 => State::Lost("gone".to_owned(), 3),
                _ => State::Done,
            },
        )),
        Step::Size(columns, lines) => {
            let screen = shown(model, (columns, lines));
            let bad = screen.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(bad, None, "{screen}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_pressed_or_told_makes_it_panic(steps in prop::collection::vec(step(), 1..120)) {
        let mut model = Model::new(&["x".to_owned()], Filter::default(), String::new());
        for step in steps {
            take(&mut model, step);
            model.catch_up(2);
        }
        for size in [(1, 1), (0, 0), (80, 24), (300, 5), (5, 300)] {
            shown(&mut model, size);
        }
    }
}

#[test]
fn a_flood_takes_bounded_room() {
    let mut model = Model::new(&["x".to_owned()], Filter::default(), String::new());
    for second in 0..5000_u64 {
        let name = format!("n{}.example", second % 1000);
        model.take(line(handshake(
            second / 1000,
            1,
            Some(&name),
            "unknown-sni",
        )));
    }
    assert_eq!(model.held.len(), FAILURES);
    assert!(model.held.len() <= FAILURES + OTHERS);
    assert_eq!(model.problems.len(), MAX_PROBLEMS);
    assert_eq!(model.problems.failures, 5000);
    model.pause();
    for _ in 0..MAX_WAITING + 7 {
        model.take(News::Line(0, "{}".to_owned()));
    }
    assert_eq!(model.overrun, 7);
    model.pause();
    // What waited is read bit by bit, so that keys are answered meanwhile, and nothing of it is passed by what is new.
    assert_eq!(model.catch_up(100), 100);
    assert_eq!(model.unreadable, 100);
    model.take(News::Line(0, "{}".to_owned()));
    assert_eq!(model.unreadable, 100);
    while model.catch_up(1000) > 0 {}
    assert_eq!(model.unreadable, MAX_WAITING as u64 + 1);
}
