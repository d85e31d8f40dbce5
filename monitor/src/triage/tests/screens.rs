//! Screens on file, at three sizes.

use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{established, handshake, line};
use crate::filter::Filter;
use crate::pipeline::Settings;
use crate::report::example;
use crate::report::{Event, Loss, SCHEMA};
use crate::triage::action::{Mouse, Press};
use crate::triage::draw::{Look, draw};
use crate::triage::model::Model;
use crate::triage::news::{News, State};
use crate::triage::record;
use crate::triage::{File, Sources, plain};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

pub(in crate::triage) fn shown(model: &mut Model, (columns, lines): (u16, u16)) -> String {
    model.resize(columns, lines);
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
    terminal
        .draw(|frame| draw(model, Look { color: true }, frame))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(columns.max(1)));
    let rows = rows.map(|row| {
        let text: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        text.trim_end().to_owned() + "\n"
    });
    rows.collect()
}

/// Three problems and what went well, of a file that was read to its end.
fn model() -> Model {
    let mut model = Model::new(
        &["incident.pcapng".to_owned()],
        Filter::default(),
        String::new(),
    );
    for second in 0..30_u8 {
        let at = u64::from(second);
        model.take(line(handshake(at, second % 7 + 1, None, "no-sni-rejected")));
        if second % 3 == 0 {
            let name = Some("shop.example.com");
            model.take(line(handshake(at, 50, name, "certificate-expired")));
        }
        if second > 25 {
            let name = Some("a-rather-long-name.of-a-tenant.gateway.example.org");
            model.take(line(handshake(at, 60, name, "protocol-version-mismatch")));
        }
        model.take(News::Line(0, established(at).raw().to_owned()));
    }
    model.take(News::Line(
        0,
        r#"{"type":"summary","packets":1234}"#.to_owned(),
    ));
    model.take(News::State(0, State::Done));
    model
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        model.press(match key {
            '\n' => Press::Enter,
            '\t' => Press::Tab,
            '<' => Press::Escape,
            other => Press::Char(other),
        });
    }
}

fn on_file(name: &str, keys: &str) {
    for size in SIZES {
        let mut model = model();
        model.resize(size.0, size.1);
        press(&mut model, keys);
        let name = format!("{name}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, shown(&mut model, size));
    }
}

#[test]
fn problems_come_first() {
    on_file("problems", "");
}

#[test]
fn the_stream_has_the_newest_first() {
    on_file("stream", "a\t");
}

#[test]
fn the_detail_says_all_that_is_known() {
    on_file("detail", "\n\n");
}

#[test]
fn the_cause_has_its_page() {
    on_file("cause", "e");
}

#[test]
fn help_lists_the_keys() {
    on_file("help", "?");
}

#[test]
fn commands_ask_again() {
    on_file("commands", "jc");
}

#[test]
fn what_was_not_seen_is_shown_and_a_lost_agent_too() {
    let mut model = model();
    let loss = Loss {
        schema: SCHEMA.into(),
        ..example::loss()
    };
    model.take(News::Line(0, record::line(&Event::Loss(loss))));
    model.take(News::Line(0, "nonsense".to_owned()));
    model.take(News::Line(
        0,
        r#"{"type":"loss","where":"stream","reason":"slow_reader","count":41}"#.to_owned(),
    ));
    model.skipped = 3;
    model.take(News::State(
        0,
        State::Lost("connection refused".to_owned(), 4),
    ));
    let screen = shown(&mut model, (160, 30));
    for said in [
        "LOST: connection refused; again in 4 s",
        "not seen: 12 kernel/ring_full",
        "41 missed",
        "1 lines unreadable",
        "3 frames skipped",
    ] {
        assert!(screen.contains(said), "{said}\n{screen}");
    }
}

#[test]
fn on_a_small_screen_what_fails_what_is_wrong_and_how_to_leave_are_still_there() {
    let mut model = model();
    let why = "it answers 401 Unauthorized: the token in --token-file is not its own";
    model.take(News::State(0, State::Lost(why.to_owned(), 4)));
    let screen = shown(&mut model, (80, 24));
    let lines: Vec<_> = screen.lines().collect();
    assert!(
        lines[0].starts_with(" 44 failures in 3 problems | ") && lines[0].ends_with(": LOST"),
        "{screen}"
    );
    assert!(
        lines[22].starts_with(" incident.pcapng: LOST: it answers 401"),
        "{screen}"
    );
    assert!(lines[23].ends_with("? help q quit"), "{screen}");
    let screen = shown(&mut model, (60, 15));
    assert!(screen.contains(" no-sni-rejected "), "{screen}");
    assert!(!screen.contains("TREND"), "{screen}");
}

#[test]
fn a_pause_holds_the_screen_and_loses_nothing() {
    let mut model = model();
    press(&mut model, " ");
    let before = shown(&mut model, (120, 40));
    model.take(line(handshake(31, 9, None, "no-sni-rejected")));
    let during = shown(&mut model, (120, 40));
    assert!(during.contains("PAUSED, 1 wait"), "{during}");
    let body = |screen: &str| {
        screen
            .lines()
            .take(30)
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(body(&before), body(&during));
    press(&mut model, " ");
    let after = shown(&mut model, (120, 40));
    assert!(after.contains("catching up, 1 wait"), "{after}");
    assert_eq!(model.catch_up(10), 1);
    let after = shown(&mut model, (120, 40));
    assert!(after.contains(" 31 ") && !after.contains("wait"), "{after}");
}

#[test]
fn a_filter_is_typed_as_on_the_command_line_and_what_is_wrong_is_said() {
    let mut model = model();
    press(&mut model, "/--cause no-sni\n");
    let screen = shown(&mut model, (160, 24));
    assert!(
        screen.contains("no-sni-rejected") && model.ask.is_some(),
        "{screen}"
    );
    press(&mut model, "-rejected\n");
    let screen = shown(&mut model, (120, 24));
    assert!(screen.contains("30 failures in 1 problem "), "{screen}");
    assert!(
        screen.contains("filter --cause no-sni-rejected"),
        "{screen}"
    );
}

#[test]
fn a_chosen_row_stays_chosen_when_others_come_and_a_kept_order_stays() {
    let mut model = model();
    press(&mut model, "j");
    let chosen = |model: &Model| model.record().unwrap().word().to_owned();
    assert_eq!(chosen(&model), "certificate-expired");
    for second in 40..80 {
        let name = Some("other.example");
        model.take(line(handshake(second, 3, name, "unknown-sni")));
    }
    assert_eq!(chosen(&model), "certificate-expired");
    assert_eq!(model.list().unwrap().at, 2);
    press(&mut model, "f");
    for second in 100..200 {
        model.take(line(handshake(
            second,
            3,
            Some("x.example"),
            "alpn-mismatch",
        )));
    }
    assert_eq!(model.list().unwrap().at, 2);
    press(&mut model, "f");
    assert_eq!(model.list().unwrap().at, 3);
}

#[test]
fn a_click_chooses_and_a_second_one_opens() {
    let mut model = model();
    shown(&mut model, (120, 40));
    model.mouse(Mouse::Click(5, 3));
    assert_eq!(model.record().unwrap().word(), "certificate-expired");
    model.mouse(Mouse::Click(5, 3));
    assert_eq!(model.depth(), 2);
    model.mouse(Mouse::Click(119, 39));
    model.mouse(Mouse::WheelDown);
    assert_eq!(model.list().unwrap().at, 1);
}

#[test]
fn in_lines_everything_is_said_and_a_file_that_cannot_be_read_too() {
    let lines = |name: &str| {
        let sources = Sources::File(File {
            path: Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/captures")
                .join(name),
            settings: Settings::default(),
        });
        let model = Model::new(&sources.names(), Filter::default(), String::new());
        let mut out = Vec::new();
        let ended = plain(model, sources, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), ended.is_broken())
    };
    let (said, is_broken) = lines("nosni_envoy.pcap");
    assert!(!is_broken && !said.contains('\u{1b}'), "{said}");
    assert!(
        said.contains("no-sni-rejected, likely: client 10.77.0.1 to 10.77.0.2:443, no name"),
        "{said}"
    );
    assert!(
        said.contains("1: no-sni-rejected at 10.77.0.2:443"),
        "{said}"
    );
    let (said, is_broken) = lines("is-not-there.pcap");
    assert!(is_broken && said.contains("FAILED: cannot open"), "{said}");
}

#[test]
fn without_colours_no_cell_has_one() {
    let model = model();
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    terminal
        .draw(|frame| draw(&model, Look { color: false }, frame))
        .unwrap();
    let cells = terminal.backend().buffer().content();
    let reset = ratatui::style::Color::Reset;
    assert!(
        cells
            .iter()
            .all(|cell| cell.fg == reset && cell.bg == reset)
    );
}
