//! `cargo xtask generate tour`: the commands of README.md and docs/runbooks run again, their output in the pages, and those of
//! README.md as a picture.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{paths, say};

mod picture;

/// What stands before a command that is run.
const FENCE: &str = "```console\n$ tlsmon ";

/// Writes the pages and the picture.
pub fn generate() -> Result<()> {
    let folder = at_hand()?;
    let readme = paths::root().join("README.md");
    for page in pages()? {
        let text = fs::read_to_string(&page).with_context(|| page.display().to_string())?;
        let renewed = renewed(&text, &folder)?;
        if renewed != text {
            say::note(format_args!("{} is renewed", page.display()));
            fs::write(&page, &renewed)?;
        }
        if page == readme {
            fs::write(
                paths::root().join("docs/tour.svg"),
                picture::of(&screen(&text, &folder)?),
            )?;
        }
    }
    Ok(())
}

fn pages() -> Result<Vec<PathBuf>> {
    let mut pages = vec![paths::root().join("README.md")];
    for entry in fs::read_dir(paths::root().join("docs/runbooks"))? {
        pages.push(entry?.path());
    }
    Ok(pages)
}

/// A folder in which every capture and every manifest has its name alone.
fn at_hand() -> Result<PathBuf> {
    let folder = paths::cache().join("tour");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for from in ["captures", "manifests"] {
        for entry in fs::read_dir(paths::root().join("monitor/tests").join(from))? {
            let entry = entry?;
            let there = folder.join(entry.file_name());
            if !there.exists() {
                symlink(entry.path(), there)?;
            }
        }
    }
    Ok(folder)
}

/// The page with what its commands print now.
fn renewed(page: &str, folder: &Path) -> Result<String> {
    let mut parts = page.split(FENCE);
    let mut renewed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").context("a block without an end")?;
        let words = block.lines().next().unwrap_or_default();
        let printed = output(words, folder, "never")?;
        for text in [FENCE, words, "\n", &printed, "```", rest] {
            renewed.push_str(text);
        }
    }
    Ok(renewed)
}

/// What a person sees who types the commands of a page.
fn screen(page: &str, folder: &Path) -> Result<String> {
    let mut screen = String::new();
    for part in page.split(FENCE).skip(1) {
        let words = part.lines().next().unwrap_or_default();
        let printed = output(words, folder, "always")?;
        for text in ["\u{1b}[1m$ tlsmon ", words, "\u{1b}[0m\n", &printed, "\n"] {
            screen.push_str(text);
        }
    }
    Ok(screen)
}

fn output(words: &str, folder: &Path, color: &str) -> Result<String> {
    let words: Vec<_> = words
        .split_whitespace()
        .map(|word| word.trim_matches('\''))
        .collect();
    let mut command = Command::new(paths::tlsmon("debug"));
    command
        .args(&words)
        .args(["--color", color])
        .current_dir(folder)
        .env_clear();
    let output = command
        .output()
        .with_context(|| format!("tlsmon {}", words.join(" ")))?;
    let status = output.status.code();
    ensure!(
        matches!(status, Some(0 | 1)),
        "tlsmon {}: {status:?}",
        words.join(" ")
    );
    Ok(String::from_utf8(output.stdout)?)
}
