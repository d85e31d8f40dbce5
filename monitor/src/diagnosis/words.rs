//! Lists as people read them.

use crate::tls::Version;
pub(super) use crate::words::counted;

/// How many entries of a list are named.
const NAMED: usize = 4;

/// How far back the baseline looks.
pub(super) const LATELY: &str = "in the last 5 min";

/// `a`, `a and b`, `a, b and c`; of more than four the first, and how many more.
pub(super) fn listed(entries: impl IntoIterator<Item = String>) -> String {
    let mut entries: Vec<_> = entries.into_iter().collect();
    if entries.len() > NAMED {
        let more = entries.len() - NAMED;
        entries.truncate(NAMED);
        entries.push(format!("{more} more"));
    }
    let last = entries.pop().unwrap_or_default();
    if entries.is_empty() {
        last
    } else {
        format!("{} and {last}", entries.join(", "))
    }
}

/// Versions, the oldest first.
pub(super) fn versions(versions: impl Iterator<Item = Version>) -> String {
    let mut versions: Vec<_> = versions.filter(|version| !version.is_grease()).collect();
    versions.sort_unstable();
    listed(versions.iter().map(ToString::to_string))
}

/// Code points by their names; a number where there is none.
pub(super) fn codes(
    codes: impl Iterator<Item = u16>,
    name: fn(u16) -> Option<&'static str>,
) -> String {
    listed(codes.map(|code| name(code).map_or_else(|| format!("{code:#06x}"), str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_names_the_first_few() {
        let list = |count: u8| listed((0..count).map(|entry| entry.to_string()));
        assert_eq!(list(1), "0");
        assert_eq!(list(3), "0, 1 and 2");
        assert_eq!(list(9), "0, 1, 2, 3 and 5 more");
        assert_eq!(list(0), "");
    }
}
