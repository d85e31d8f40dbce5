//! Every command of ours in README.md and docs/runbooks that needs no network is run again, and prints what the page says.
//!
//! ```text
//! $ tlsmon replay nosni_envoy.pcap      files of tests/captures and tests/manifests, by their names alone
//! ...                                   what it prints on stdout; a number of days may differ
//! ```
//!
//! Where a page is not true any more, the page as it should be is written beside the build, to be looked at and copied.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::command;

const FENCE: &str = "```console\n$ tlsmon ";

/// A folder in which every capture and every manifest is at hand.
fn folder() -> tempfile::TempDir {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = tempfile::tempdir().unwrap();
    for from in ["captures", "manifests"] {
        for entry in std::fs::read_dir(tests.join(from)).unwrap() {
            let entry = entry.unwrap();
            let there = folder.path().join(entry.file_name());
            if entry.file_type().unwrap().is_file() && !there.exists() {
                std::os::unix::fs::symlink(entry.path(), there).unwrap();
            }
        }
    }
    folder
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::fs::read_dir(root.join("docs/runbooks")).unwrap();
    let mut pages: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    // Last: the folder has a page of the same name.
    pages.push(root.join("README.md"));
    pages
}

fn output(folder: &Path, words: &str) -> String {
    let words: Vec<_> = words
        .split_whitespace()
        .map(|word| word.trim_matches('\''))
        .collect();
    let output = command(&words)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{words:?}: {output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The page with what its commands print now, and how many they are.
fn renewed(page: &str, folder: &Path) -> (String, usize) {
    let mut parts = page.split(FENCE);
    let mut renewed = parts.next().unwrap().to_owned();
    let mut count = 0;
    for part in parts {
        let (block, rest) = part.split_once("```").unwrap();
        let words = block.lines().next().unwrap();
        for text in [FENCE, words, "\n", &output(folder, words), "```", rest] {
            renewed.push_str(text);
        }
        count += 1;
    }
    (renewed, count)
}

/// Words without the numbers of days, which grow.
fn words(page: &str) -> Vec<&str> {
    let words: Vec<_> = page.split_whitespace().collect();
    let is_of_days = |at: usize| {
        words
            .get(at + 1)
            .is_some_and(|next| next.starts_with("days"))
    };
    (0..words.len())
        .filter(|at| !is_of_days(*at))
        .map(|at| words[at])
        .collect()
}

#[test]
fn the_runbooks_show_what_their_commands_print() {
    let folder = folder();
    let mut commands = 0;
    let mut wrong = Vec::new();
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        let (now, count) = renewed(&page, folder.path());
        commands += count;
        if words(&now) != words(&page) {
            let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path.file_name().unwrap());
            std::fs::write(&beside, now).unwrap();
            wrong.push(beside);
        }
    }
    assert!(commands > 10, "{commands}");
    assert!(
        wrong.is_empty(),
        "these pages differ from what is printed; as they should be: {wrong:?}"
    );
}
