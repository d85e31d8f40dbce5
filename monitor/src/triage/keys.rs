//! The one table of keys: what the screen obeys, what its help shows, and what the documentation lists.

use super::action::{Action, Press};

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Key {
    /// What is written for it.
    pub(crate) shown: &'static str,
    /// The keys.
    pub(crate) presses: &'static [Press],
    /// What they do.
    pub(crate) action: Action,
    /// The same in a word, for the last line of the screen; empty where it is not shown there.
    pub(crate) hint: &'static str,
    /// The same in a sentence.
    pub(crate) what: &'static str,
}

const fn key(
    shown: &'static str,
    presses: &'static [Press],
    action: Action,
    (hint, what): (&'static str, &'static str),
) -> Key {
    Key {
        shown,
        presses,
        action,
        hint,
        what,
    }
}

use Press::{Char, Ctrl};

/// All keys.
pub(crate) const KEYS: [Key; 20] = [
    key(
        "Enter",
        &[Press::Enter, Press::Right, Char('l')],
        Action::Open,
        (
            "open",
            "open what is chosen: the handshakes of a problem, the detail of a handshake",
        ),
    ),
    key(
        "Esc",
        &[Press::Escape, Press::Left, Press::Backspace, Char('h')],
        Action::Back,
        ("back", "back to where you came from"),
    ),
    key(
        "Tab",
        &[Press::Tab],
        Action::Switch,
        (
            "stream",
            "between the problems and the live stream of handshakes",
        ),
    ),
    key(
        "e",
        &[Char('e')],
        Action::Explain,
        (
            "explain",
            "the page of the cause, as \"tlsmon explain\" prints it",
        ),
    ),
    key(
        "c",
        &[Char('c')],
        Action::Commands,
        (
            "commands",
            "commands that ask the same question again: openssl, curl, tlsmon probe; Enter copies one",
        ),
    ),
    key(
        "w",
        &[Char('w')],
        Action::Save,
        (
            "save",
            "write the packets of the handshake to a pcapng file here",
        ),
    ),
    key(
        "/",
        &[Char('/')],
        Action::Filter,
        (
            "filter",
            "show only what fits, in the words of the command line, as in: --cause no-sni-rejected --client 10.0.0.0/8",
        ),
    ),
    key(
        "a",
        &[Char('a')],
        Action::All,
        ("all", "every handshake, or failures only"),
    ),
    key(
        "s",
        &[Char('s')],
        Action::Sort,
        (
            "sort",
            "another order: count, rate, last seen, newest, clients, cause",
        ),
    ),
    key(
        "Space",
        &[Char(' ')],
        Action::Pause,
        (
            "pause",
            "hold the screen still; what comes meanwhile waits, and is counted",
        ),
    ),
    key(
        "f",
        &[Char('f')],
        Action::Freeze,
        (
            "freeze",
            "keep the order of the rows while their numbers go on",
        ),
    ),
    key("?", &[Char('?')], Action::Help, ("help", "this page")),
    key(
        "q",
        &[Char('q'), Ctrl('c')],
        Action::Quit,
        ("quit", "leave"),
    ),
    key("Up, k", &[Press::Up, Char('k')], Action::Up, ("", "one up")),
    key(
        "Down, j",
        &[Press::Down, Char('j')],
        Action::Down,
        ("", "one down"),
    ),
    key(
        "PgUp, b",
        &[Press::PageUp, Char('b')],
        Action::PageUp,
        ("", "a page up"),
    ),
    key(
        "PgDn, d",
        &[Press::PageDown, Char('d')],
        Action::PageDown,
        ("", "a page down"),
    ),
    key(
        "Home, g",
        &[Press::Home, Char('g')],
        Action::Top,
        ("", "to the first, and follow what is new"),
    ),
    key(
        "End, G",
        &[Press::End, Char('G')],
        Action::Bottom,
        ("", "to the last"),
    ),
    key(
        "Ctrl-L",
        &[Ctrl('l')],
        Action::Redraw,
        ("", "draw the screen again"),
    ),
];

/// What a key does.
pub(crate) fn action(press: Press) -> Option<Action> {
    let row = KEYS.iter().find(|key| key.presses.contains(&press));
    row.map(|key| key.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as documentation has it.
    fn markdown() -> String {
        let rows = KEYS
            .iter()
            .map(|key| format!("| `{}` | {} |\n", key.shown, key.what));
        format!(
            "| Key | What it does |\n|---|---|\n{}",
            rows.collect::<String>()
        )
    }

    #[test]
    fn no_key_means_two_things_and_no_action_has_two_rows() {
        for (place, key) in KEYS.iter().enumerate() {
            for other in KEYS.iter().skip(place + 1) {
                assert_ne!(key.action, other.action);
                let both = key
                    .presses
                    .iter()
                    .find(|press| other.presses.contains(press));
                assert_eq!(both, None);
            }
        }
    }

    #[test]
    fn the_documentation_lists_the_keys_as_they_are() {
        let page = include_str!("../../../docs/triage.md");
        assert!(
            page.contains(&markdown()),
            "docs/triage.md should have\n{}",
            markdown()
        );
    }
}
