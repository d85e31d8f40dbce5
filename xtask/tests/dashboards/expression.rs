//! The conditions that the expression of an alert is made of.

/// What joins conditions, and what may stand behind it.
const JOINTS: [&str; 3] = [" and ", " unless ", " or "];
const MATCHINGS: [&str; 2] = ["on (", "ignoring ("];

const COMPARISONS: [&str; 6] = [" > ", " < ", " >= ", " <= ", " == ", " != "];

/// What each condition of an expression is about: without its threshold, and without `offset`, as in a Prometheus that has just
/// started there was no yesterday.
pub(crate) fn subjects(expression: &str) -> Vec<String> {
    let mut subjects = Vec::new();
    let mut rest = Some(expression);
    while let Some(text) = rest {
        let (condition, behind) = split(text, &JOINTS);
        subjects.push(present(split(condition, &COMPARISONS).0));
        rest = behind.map(without_matching);
    }
    subjects
}

/// What is before the first of `words` that is in no brackets and no quotes, and what is behind it.
fn split<'a>(text: &'a str, words: &[&str]) -> (&'a str, Option<&'a str>) {
    let (mut depth, mut quoted) = (0_usize, false);
    for (place, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' | '{' | '[' if !quoted => depth += 1,
            ')' | '}' | ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        let (before, from) = text.split_at(place);
        let word = words.iter().find_map(|word| from.strip_prefix(word));
        if depth == 0 && !quoted && word.is_some() {
            return (before, word);
        }
    }
    (text, None)
}

/// Without a leading `on (…)`.
fn without_matching(text: &str) -> &str {
    let list = MATCHINGS.iter().find_map(|word| text.strip_prefix(word));
    list.and_then(|list| Some(list.split_once(") ")?.1))
        .unwrap_or(text)
}

fn present(text: &str) -> String {
    let mut parts = text.split(" offset ");
    let mut present = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        present.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    present
}

#[test]
fn an_expression_is_cut_at_joints_thresholds_and_offsets_that_are_in_no_brackets_or_quotes() {
    let expression = r#"sum by (a) (x{b="c > d and e"}) / ignoring (f) group_left () sum(y > 1) > 0.5 and sum(z) >= 10 unless max_over_time(x[1d] offset 15m) > 0 and on () count(w offset 1d) > 0"#;
    let expected = [
        r#"sum by (a) (x{b="c > d and e"}) / ignoring (f) group_left () sum(y > 1)"#,
        "sum(z)",
        "max_over_time(x[1d])",
        "count(w)",
    ];
    assert_eq!(subjects(expression), expected);
    assert_eq!(
        subjects("max(x) - time() < 14 * 86400"),
        ["max(x) - time()"]
    );
}
