//! The order of layers, read from the source text: a pure module names no I/O, and no stage calls a later one.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The pure stages, in packet order.
const PURE: [&str; 6] = ["wire", "flow", "stream", "tls", "handshake", "diagnosis"];

/// What comes after all of them, or stands at the edge. (`frame`, `report` and `label` are the contracts that all share.)
const EDGES: [&str; 12] = [
    "pipeline", "enrich", "problems", "proof", "sink", "server", "remote", "triage", "probe",
    "check", "cli", "capture",
];

/// What stands at the edge and is pure all the same, but for some of its files and folders.
const PURE_BUT_FOR: [(&str, &[&str]); 4] = [
    ("check", &[]),
    ("probe", &["net.rs"]),
    ("enrich", &["kubernetes.rs", "kubernetes"]),
    ("problems", &[]),
];

/// Names that mean I/O, a clock, a thread or the environment.
const FORBIDDEN: [&str; 10] = [
    "tokio",
    "aya",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::thread",
    "std::env",
    "std::process",
    "Instant::now",
    "SystemTime::now",
];

/// Every line that breaks a rule, as `file:line: what`.
pub(super) fn faults(source: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (position, stage) in PURE.iter().enumerate() {
        let later: Vec<_> = PURE
            .iter()
            .skip(position + 1)
            .chain(&EDGES)
            .copied()
            .collect();
        let file = source.join(format!("{stage}.rs"));
        if file.is_file() {
            faults.extend(faults_in(&file, &later)?);
        }
        visit(&source.join(stage), &later, &[], &mut faults)?;
    }
    for (name, but_for) in PURE_BUT_FOR {
        let others = EDGES.iter().copied().filter(|edge| *edge != name);
        let later: Vec<_> = others.collect();
        visit(&source.join(name), &later, but_for, &mut faults)?;
    }
    Ok(faults)
}

/// Looks through the files of a folder, but for those files and folders with these names.
fn visit(folder: &Path, later: &[&str], but_for: &[&str], faults: &mut Vec<String>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if but_for.iter().any(|name| path.ends_with(name)) {
            // It does what the others must not.
        } else if path.is_dir() {
            visit(&path, later, but_for, faults)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            faults.extend(faults_in(&path, later)?);
        }
    }
    Ok(())
}

fn faults_in(file: &Path, later: &[&str]) -> Result<Vec<String>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let faults = faults_of(&text, later);
    Ok(faults
        .into_iter()
        .map(|(line, what)| format!("{}:{line}: {what}", file.display()))
        .collect())
}

/// The faults of one file before its tests, by line number.
fn faults_of(text: &str, later: &[&str]) -> Vec<(usize, String)> {
    let code = text
        .lines()
        .take_while(|line| !line.contains("#[cfg(test)]"));
    let mut faults = Vec::new();
    let mut in_crate_group = false;
    for (number, line) in (1..).zip(code) {
        let line = line.split("//").next().unwrap_or_default();
        in_crate_group |= line.contains("crate::{");
        for name in FORBIDDEN.iter().filter(|name| contains_path(line, name)) {
            faults.push((number, format!("a pure module names {name}")));
        }
        for stage in later
            .iter()
            .filter(|stage| uses(line, stage, in_crate_group))
        {
            faults.push((number, format!("uses the later stage {stage}")));
        }
        in_crate_group &= !line.contains("};");
    }
    faults
}

fn uses(line: &str, stage: &str, in_crate_group: bool) -> bool {
    contains_path(line, &format!("crate::{stage}"))
        || in_crate_group && contains_path(line, &format!("{stage}::"))
}

/// Whether `path` stands in `line` and is not the tail of a longer word; `std::net::Tcp` may go on.
fn contains_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().last());
        let after = line
            .get(at + path.len()..)
            .and_then(|rest| rest.chars().next());
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let may_go_on = path.ends_with("Tcp") || path.ends_with("Udp") || path.ends_with(':');
        !word(before) && (may_go_on || !word(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_in_a_pure_module_is_found_and_in_its_tests_it_is_not() {
        let text = "use std::net::TcpStream;\n// tokio\n#[cfg(test)]\nuse std::fs;\n";
        assert_eq!(
            faults_of(text, &[]),
            [(1, "a pure module names std::net::Tcp".to_owned())]
        );
    }

    #[test]
    fn a_later_stage_is_found_alone_and_in_a_group() {
        let text = "use crate::tls::Record;\nuse crate::{\n    flow::Key,\n    diagnosis::Cause,\n};\nlet tls::x = 1;\n";
        let lines: Vec<_> = faults_of(text, &["tls", "diagnosis"])
            .into_iter()
            .map(|(line, _)| line)
            .collect();
        assert_eq!(lines, [1, 4]);
    }

    #[test]
    fn a_word_that_only_contains_a_name_is_not_one() {
        assert_eq!(faults_of("let playaya = 1; use std::fsx;", &[]), []);
    }
}
