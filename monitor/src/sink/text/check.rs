//! Findings about the configuration of gateways, for people.

use std::io::{self, Write};

use super::super::style::{Role, Style};
use super::super::wrap::Wrapped;
use crate::report::{Check, Examined, Finding, Place, Seen, Severity};
use crate::words::counted;

/// Columns before what belongs to a heading, and before its text.
const INDENT: usize = 2;
const TEXT: usize = 8;

/// Writes all of it.
pub fn write(check: &Check, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in &check.findings {
        one(finding, style, out)?;
    }
    if check.failures() == 0 {
        let said = "nothing was found that makes clients fail";
        writeln!(out, "{}", style.paint(Role::Good, said))?;
    }
    let mut line = Wrapped::new(style, 0);
    line.text(Role::Faint, 1, &examined(&check.examined));
    line.write(out)
}

fn one(finding: &Finding, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let role = match finding.severity {
        Severity::Failure => Role::Bad,
        Severity::Risk => Role::Warning,
        Severity::Note => Role::Faint,
    };
    let mut line = Wrapped::new(style, INDENT);
    line.text(role, 1, &format!("{}:", finding.severity));
    if let Some(cause) = finding.cause {
        line.text(role, 1, cause.label());
    }
    let gap = if finding.cause.is_some() { 2 } else { 1 };
    line.text(Role::Strong, gap, &finding.what);
    line.write(out)?;
    let mut field = |name: &str, role: Role, text: &str| part(name, role, text, style, out);
    field("at", Role::Plain, &place(&finding.place))?;
    field("why", Role::Plain, &finding.why)?;
    field(
        "seen",
        Role::Bad,
        &finding.seen.as_ref().map_or_else(String::new, seen),
    )?;
    field("fix", Role::Advice, &finding.fix)?;
    let explain = finding.cause.map(|cause| format!("tlsmon explain {cause}"));
    field("more", Role::Faint, &explain.unwrap_or_default())?;
    writeln!(out)
}

/// A word and the text behind it; nothing when there is no text.
fn part(name: &str, role: Role, text: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let width = TEXT - INDENT;
    write!(
        out,
        "{:INDENT$}{}",
        "",
        style.paint(Role::Faint, &format!("{name:width$}"))
    )?;
    let mut line = Wrapped::new(style, TEXT);
    line.text(role, 0, text);
    line.write(out)
}

fn place(place: &Place) -> String {
    let file = match (&place.file, place.line) {
        (Some(file), Some(line)) => format!("{file}:{line} "),
        (Some(file), None) => format!("{file} "),
        _ => String::new(),
    };
    let field = place.field.as_ref().map(|field| format!(" {field}"));
    format!("{file}{}{}", place.object, field.unwrap_or_default())
}

fn seen(seen: &Seen) -> String {
    let shown = u64::try_from(seen.addresses.len()).unwrap_or(u64::MAX);
    let more = match seen.clients.saturating_sub(shown) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (handshakes, clients) = (
        counted(seen.handshakes, "handshake"),
        counted(seen.clients, "client"),
    );
    format!(
        "{handshakes} of {clients}: {}{more}",
        seen.addresses.join(", ")
    )
}

fn examined(examined: &Examined) -> String {
    let counts = [
        (examined.gateways, "Istio Gateway"),
        (examined.routes, "ApigeeRoute"),
        (examined.virtualhosts, "virtualhost"),
        (examined.secrets, "Secret"),
        (examined.others, "other object"),
        (examined.handshakes, "handshake"),
    ];
    let there = counts.iter().filter(|(number, _)| *number > 0);
    let there: Vec<_> = there.map(|(number, what)| counted(*number, what)).collect();
    format!("checked {}", there.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::check as example;

    fn text(check: &Check) -> String {
        let mut out = Vec::new();
        write(check, Style::PLAIN, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_says_what_where_why_who_and_how_to_mend_it() {
        let expected = "\
failure: no-sni-rejected  ApigeeRoute non-sni has the host \"*\", and not
  enableNonSniClient: true
  at    routes.yaml:7 ApigeeRoute apigee/non-sni spec.hostnames
  why   hellos without a name are reset
  seen  12 handshakes of 7 clients: 10.138.0.28, 10.138.0.29 and 5 more
  fix   set spec.enableNonSniClient: true
  more  tlsmon explain no-sni-rejected

checked 1 Istio Gateway, 1 ApigeeRoute, 2 Secrets, 12 handshakes
";
        assert_eq!(text(&example::check()), expected);
    }

    #[test]
    fn no_string_of_a_finding_commands_the_terminal() {
        let shown = text(&example::hostile("\u{1b}]0;pwned\u{7}\n\u{9b}2J\u{202e}"));
        let bad = shown
            .chars()
            .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(bad, None, "{shown}");
    }
}
