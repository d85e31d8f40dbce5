//! The loop of the screen under a flood, with a clock of its own: no claim here depends on how fast this machine is.

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use super::pace::Pace;
use super::{BATCH, read};
use crate::filter::Filter;
use crate::report::{Event, HandshakeId, example};
use crate::triage::action::Press;
use crate::triage::layer::Layer;
use crate::triage::model::Model;
use crate::triage::news::News;
use crate::triage::record;
use crate::triage::tests::shown;

/// Lines of so many failures, of as many clients.
fn flood(count: u64) -> Vec<String> {
    let line = record::line(&Event::Handshake(Box::new(example::no_sni())));
    let id = example::no_sni().id.to_string();
    let lines = (0..count).map(|number| line.replace(&id, &HandshakeId(number).to_string()));
    lines.collect()
}

/// A second of the screen's life: its clock goes on by a millisecond with each turn of the loop, and there is always more to read.
#[test]
fn in_a_flood_all_arrives_each_key_is_answered_at_once_and_the_frames_left_out_are_said() {
    const EVENTS: u64 = 10_000;
    let (sender, news) = sync_channel(1024);
    let sending = std::thread::spawn(move || {
        for line in flood(EVENTS) {
            sender.send(News::Line(0, line)).unwrap();
        }
    });
    let mut model = Model::new(&["node".to_owned()], Filter::default(), String::new());
    let mut now = Instant::now();
    let mut pace = Pace::new(now);
    let (mut turns, mut drawn) = (0_u64, 0_u64);
    while model.held.came < EVENTS {
        let before = model.held.came;
        read(&mut model, &news, &mut pace);
        let taken = model.held.came - before;
        assert!(taken <= BATCH as u64, "{taken} lines before a key");
        turns += 1;
        now += Duration::from_millis(20);
        // A key in every eighth turn: what it does is drawn in the same turn, with all that is still to be read.
        if turns.is_multiple_of(8) {
            let is_list = matches!(model.top().layer, Layer::Problems);
            model.press(Press::Tab);
            (pace.changed, pace.pressed) = (true, true);
            assert!(pace.is_due(now, true, &mut model.skipped));
            assert_ne!(is_list, matches!(model.top().layer, Layer::Problems));
            drawn += 1;
        } else {
            drawn += u64::from(pace.is_due(now, true, &mut model.skipped));
        }
    }
    sending.join().unwrap();
    assert_eq!(model.problems.failures, EVENTS);
    assert_eq!((model.unreadable, model.overrun), (0, 0));
    assert!(
        turns >= EVENTS / BATCH as u64 && drawn > 0,
        "{turns} {drawn}"
    );
    assert!(model.skipped > 0);
    let said = format!("{} frames skipped", model.skipped);
    let screen = shown(&mut model, (80, 24));
    assert!(screen.contains(&said), "{screen}");
}
