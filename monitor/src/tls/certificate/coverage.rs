//! Whether a certificate is for the name that a client asked for (RFC 9525 section 6).

/// Whether the names of a certificate cover the name that the client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// One of them does.
    Covered,
    /// There is no subjectAltName; the common name would match, for a client that still looks at it.
    CommonNameOnly,
    /// None of them does.
    NotCovered,
}

/// Whether a DNS name of a certificate matches the one that was asked for:
///
/// 1. Letters match in either case; a dot at the end of the name asked for does not count.
/// 2. `*` stands for exactly one label, and only as the whole left-most label of a name with more labels.
/// 3. A `*` anywhere else matches nothing.
/// 4. Internationalised names are compared as A-labels, byte for byte; nothing is converted.
pub(crate) fn matches(presented: &[u8], asked: &[u8]) -> bool {
    let asked = asked.strip_suffix(b".").unwrap_or(asked);
    if presented.is_empty() || asked.is_empty() {
        return false;
    }
    match presented.strip_prefix(b"*.") {
        Some(parent) => {
            let dot = asked.iter().position(|byte| *byte == b'.');
            let below = dot.and_then(|dot| asked.split_at_checked(dot));
            below.is_some_and(|(label, rest)| {
                !label.is_empty() && is_same(parent, rest.strip_prefix(b".").unwrap_or(rest))
            })
        }
        None => is_same(presented, asked),
    }
}

fn is_same(presented: &[u8], asked: &[u8]) -> bool {
    !presented.is_empty() && !presented.contains(&b'*') && presented.eq_ignore_ascii_case(asked)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::same("a.example", "a.example", true)]
    #[case::in_either_case("A.Example", "a.eXAMPLE", true)]
    #[case::absolute_name("a.example", "a.example.", true)]
    #[case::other("a.example", "b.example", false)]
    #[case::longer("a.example", "x.a.example", false)]
    #[case::wildcard("*.example", "a.example", true)]
    #[case::wildcard_is_one_label("*.example", "a.b.example", false)]
    #[case::wildcard_is_no_empty_label("*.example", ".example", false)]
    #[case::wildcard_needs_a_label("*.example", "example", false)]
    #[case::wildcard_and_case("*.Example", "A.example", true)]
    #[case::wildcard_not_left_most("a.*.example", "a.b.example", false)]
    #[case::two_wildcards("*.*.example", "a.b.example", false)]
    #[case::partial_wildcard("a*.example", "ab.example", false)]
    #[case::partial_wildcard_at_the_end("*a.example", "ba.example", false)]
    #[case::bare_wildcard("*", "localhost", false)]
    #[case::wildcard_without_parent("*.", "a.", false)]
    #[case::a_label("xn--bcher-kva.example", "xn--bcher-kva.example", true)]
    #[case::u_label_is_not_converted("xn--bcher-kva.example", "b\u{fc}cher.example", false)]
    #[case::asking_for_a_wildcard_literally("*.example", "*.example", true)]
    #[case::empty("", "", false)]
    fn a_presented_name_matches_by_the_rules_of_rfc_9525(
        #[case] presented: &str,
        #[case] asked: &str,
        #[case] matched: bool,
    ) {
        assert_eq!(matches(presented.as_bytes(), asked.as_bytes()), matched);
    }
}
