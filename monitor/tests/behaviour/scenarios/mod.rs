//! The rules, driven by text: each file beside this one says what passes on the wire and what must be reported. A new case
//! is a new file; README.md has the format.

mod bytes;
mod certificate;
mod expect;
mod hello;
mod icmp;
mod message;
mod parse;
mod play;
mod player;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use monitor::report::Cause;
use parse::Scenario;

/// The folder of what is no failure; every other folder is called as a cause.
const NO_FAILURES: &str = "not-failures";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Every case of a folder, by its path below [`folder`].
fn cases(of: &str) -> Vec<(String, Scenario)> {
    let Ok(entries) = fs::read_dir(folder().join(of)) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let case = |path: PathBuf| {
        let name = format!("{of}/{}", path.file_name().unwrap().to_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let scenario = Scenario::read(&text).unwrap_or_else(|why| panic!("{name}:{why}"));
        (name, scenario)
    };
    paths.into_iter().map(case).collect()
}

fn folders() -> impl Iterator<Item = &'static str> {
    Cause::LABELS.iter().copied().chain([NO_FAILURES])
}

#[test]
fn every_case_is_reported_as_its_file_says() {
    let mut failed = String::new();
    for (name, scenario) in folders().flat_map(cases) {
        let differences = expect::differences(&scenario, &play::reports(&scenario));
        if !differences.is_empty() {
            let _ = write!(failed, "\n{name}: {}\n{differences}", scenario.title);
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn every_cause_has_a_case_that_expects_it() {
    for cause in Cause::ALL {
        let cases = cases(cause.label());
        assert!(!cases.is_empty(), "no case for {cause}");
        for (name, scenario) in cases {
            let named = scenario.expects(&format!(" {cause}"));
            assert!(named, "{name} expects no {cause}");
        }
    }
}

/// The cause of the last report that has one, how sure it is, from 0, and what it rests on.
fn verdict(scenario: &Scenario) -> (String, usize, String) {
    let events = play::reports(scenario).events;
    let last = events
        .iter()
        .rfind(|event| event["cause"].is_string())
        .unwrap();
    let sure = last["confidence"].as_str();
    let order = [None, Some("possible"), Some("likely"), Some("certain")];
    let place = order.iter().position(|word| *word == sure).unwrap();
    (
        last["cause"].to_string(),
        place,
        last["evidence"].to_string(),
    )
}

#[test]
fn what_is_certain_by_contrast_is_less_so_without_it_and_in_other_words() {
    const CERTAIN: usize = 3;
    let mut dropped = 0;
    for (name, mut scenario) in Cause::LABELS.iter().copied().flat_map(cases) {
        let with = verdict(&scenario);
        let by_contrast =
            with.2.contains("completed on this endpoint") && !with.2.contains("alert");
        if with.1 == CERTAIN && by_contrast {
            scenario.connections.retain(|one| !one.is_established());
            let without = verdict(&scenario);
            assert!(without.1 < CERTAIN, "{name}: {without:?}");
            assert_ne!(without.2, with.2, "{name}");
            dropped += 1;
        }
    }
    assert!(dropped >= 5, "only {dropped} verdicts rest on contrast");
}

#[test]
fn what_is_no_failure_is_never_expected_to_be_one() {
    let cases = cases(NO_FAILURES);
    assert!(cases.len() > 10);
    for (name, scenario) in cases {
        assert!(!scenario.expects("failed"), "{name}");
    }
}

#[test]
fn there_is_no_case_that_is_not_run() {
    let known: Vec<_> = folders().collect();
    for entry in fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(
            entry.path().is_file() || known.contains(&&*name),
            "{name} is no cause"
        );
    }
}

#[test]
fn what_cannot_be_read_is_said_with_its_line() {
    for (text, why) in [
        ("A title.\n\nsomething else\n", "3: "),
        (
            "A title.\n\nconnection\n  0ms client jumps\n => established\n",
            "4: ",
        ),
        (
            "A title.\n\nconnection\n  0ms client connects\n",
            "3: nothing is expected",
        ),
        ("A title.\n\nconnection from here\n", "3: "),
    ] {
        let error = Scenario::read(text).and_then(|scenario| {
            play::frames(&scenario)?;
            Ok(())
        });
        let error = error.expect_err(text);
        assert!(error.starts_with(why), "{text}\n{error}");
    }
}
