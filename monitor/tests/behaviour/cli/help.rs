//! Help: short enough for a screen, and long enough to learn from.

use super::{stdout, tlsmon};

/// The verbs that the help names.
fn verbs() -> Vec<String> {
    let help = stdout(&tlsmon(&["--help"]));
    let list = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let verbs = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let verbs = verbs.map(|line| line.split_whitespace().next().unwrap().to_owned());
    verbs.filter(|verb| verb != "help").collect()
}

#[test]
fn the_short_help_fits_a_screen() {
    let mut calls = vec![vec!["-h".to_owned()]];
    calls.extend(verbs().into_iter().map(|verb| vec![verb, "-h".to_owned()]));
    assert!(calls.len() > 5, "{calls:?}");
    for call in calls {
        let words: Vec<_> = call.iter().map(String::as_str).collect();
        let help = stdout(&tlsmon(&words));
        assert!(
            help.lines().count() <= 24 && help.contains("Usage: tlsmon"),
            "{call:?}\n{help}"
        );
        let wide = help.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{call:?}");
    }
}

#[test]
fn the_long_help_names_every_setting_and_has_examples() {
    for verb in verbs() {
        let long = stdout(&tlsmon(&[&verb, "--help"]));
        assert!(
            long.contains("tlsmon ") && long.contains("xample") || verb == "check",
            "{verb}\n{long}"
        );
    }
    let run = stdout(&tlsmon(&["replay", "--help"]));
    assert!(
        run.contains("TLSMON_ANSWER_TIMEOUT") && run.contains("tcpdump"),
        "{run}"
    );
}

#[test]
fn every_verb_has_a_manual() {
    for verb in verbs() {
        let page = stdout(&tlsmon(&["generate", "man", &verb]));
        assert!(page.contains(&format!("tlsmon\\-{verb}")), "{verb}\n{page}");
    }
    let unknown = tlsmon(&["generate", "man", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
}
