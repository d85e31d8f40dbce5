//! A probe for people: a table of questions and answers, the certificate, and what follows.

use std::io::{self, Write};

use super::super::style::{Role, Style};
use super::super::wrap::Wrapped;
use super::parts::millis;
use crate::report::{
    CertificateReport, Probe, ProbeAnswer, ProbeExchange, ProbeLike, ProbeTarget, ProbeVerdict,
    ProbeVerdictKind, Validity,
};

/// Columns that a question takes, with the blanks behind it.
const QUESTION: usize = 34;
/// Columns before what belongs to a heading.
const INDENT: usize = 2;

/// Writes all of it.
pub fn write(probe: &Probe, style: Style, out: &mut dyn Write) -> io::Result<()> {
    heading(&probe.target, probe.like.as_ref(), style, out)?;
    for exchange in &probe.questions {
        row(exchange, style, out)?;
    }
    conclusion(probe, style, out)
}

/// Whom it asks.
pub fn heading(
    target: &ProbeTarget,
    repeats: Option<&ProbeLike>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = Wrapped::new(style, 0);
    let address = std::net::SocketAddr::new(target.address, target.port);
    line.address(Role::Strong, 1, address);
    match &target.name {
        Some(name) => line
            .text(Role::Plain, 2, "name")
            .whole(Role::Plain, 1, name),
        None => line.text(Role::Warning, 2, "no name to ask for"),
    };
    if let Some(repeated) = repeats {
        line.text(Role::Plain, 2, &format!("like {}", repeated.id));
        let known = repeated.cause.map_or("", |cause| cause.label());
        line.text(Role::Faint, 1, known);
    }
    line.write(out)
}

/// A question and its answer.
pub fn row(exchange: &ProbeExchange, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let role = match exchange.answer {
        ProbeAnswer::ServerHello | ProbeAnswer::HelloRetryRequest => Role::Good,
        _ => Role::Bad,
    };
    let mut line = Wrapped::new(style.unbroken(), INDENT);
    line.text(Role::Plain, 1, &exchange.asked);
    let mut answer = Wrapped::new(style, QUESTION);
    answer.text(role, 1, &exchange.answered);
    let took = exchange
        .answer_ms
        .filter(|_| exchange.answer != ProbeAnswer::Silence);
    if let Some(took) = took {
        answer.text(Role::Faint, 2, &millis(took));
    }
    let used = line.columns();
    write!(out, "{:INDENT$}", "")?;
    line.write_open(out)?;
    if used + INDENT < QUESTION {
        write!(out, "{:1$}", "", QUESTION - INDENT - used)?;
    } else {
        write!(out, "\n{:QUESTION$}", "")?;
    }
    answer.write(out)
}

/// The certificate, why clients fail, and what else is worth to be known.
pub fn conclusion(probe: &Probe, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if let Some(certificate) = certificate_of(probe) {
        certificate_lines(certificate, style).write(out)?;
    }
    if let Some(like) = &probe.like {
        likeness(like, style, out)?;
    }
    writeln!(out)?;
    if probe.failures() == 0 {
        let answered = "no ordinary client fails here, as far as was asked";
        writeln!(out, "{}", style.paint(Role::Good, answered))?;
    }
    for verdict in &probe.verdicts {
        verdict_paragraphs(verdict, style, out)?;
    }
    for note in &probe.notes {
        let mut line = Wrapped::new(style, INDENT);
        line.text(Role::Faint, 1, "note:")
            .text(Role::Plain, 1, note);
        line.write(out)?;
    }
    Ok(())
}

/// The certificate for the name that was asked for.
fn certificate_of(probe: &Probe) -> Option<&CertificateReport> {
    let name = probe.target.name.as_deref();
    let mut shown = probe.questions.iter();
    shown.find_map(|exchange| {
        let asked = exchange.client_hello.as_ref()?.sni.as_deref();
        let same = probe.like.is_some() || asked == name;
        exchange.certificate.as_ref().filter(|_| same)
    })
}

fn certificate_lines(certificate: &CertificateReport, style: Style) -> Wrapped {
    let mut line = Wrapped::new(style, INDENT);
    let subject = certificate.subject.as_deref().unwrap_or("(unreadable)");
    let issuer = certificate.issuer.as_deref().unwrap_or("(unreadable)");
    line.text(Role::Strong, 1, "certificate")
        .text(Role::Plain, 1, subject)
        .text(Role::Plain, 1, &format!("issued by {issuer};"));
    let names: Vec<&str> = certificate
        .names
        .iter()
        .take(4)
        .map(AsRef::as_ref)
        .collect();
    let more = certificate.names.len().saturating_sub(names.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    line.text(Role::Plain, 1, &format!("for {}{more};", names.join(", ")));
    let date = |date: Option<crate::tls::Date>| {
        date.map_or_else(|| "unknown".to_owned(), |date| date.to_string())
    };
    let validity = format!(
        "{} to {};",
        date(certificate.not_before),
        date(certificate.not_after)
    );
    let role = match certificate.validity {
        Some(Validity::Expired | Validity::NotYetValid) => Role::Bad,
        _ => Role::Plain,
    };
    line.text(role, 1, &validity);
    let order = if certificate.ordered {
        "in order"
    } else {
        "not in order"
    };
    line.text(
        Role::Plain,
        1,
        &format!("{} sent, {order}", certificate.chain),
    );
    line
}

fn likeness(repeated: &ProbeLike, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Wrapped::new(style, INDENT);
    let same = if repeated.same_ja4 {
        "the hello has the JA4 of the one reported"
    } else {
        "the hello's JA4 is not that of the one reported"
    };
    line.text(Role::Faint, 1, "note:")
        .text(Role::Plain, 1, same);
    for difference in &repeated.differences {
        line.text(Role::Plain, 1, &format!("; {difference}"));
    }
    line.write(out)
}

fn verdict_paragraphs(verdict: &ProbeVerdict, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let role = match verdict.kind {
        ProbeVerdictKind::Failure => Role::Bad,
        ProbeVerdictKind::Limit => Role::Warning,
    };
    let mut line = Wrapped::new(style, INDENT);
    line.text(role, 1, verdict.cause.label());
    if let Some(confidence) = verdict.confidence {
        line.text(Role::Faint, 1, &format!("({confidence})"));
    }
    line.text(Role::Strong, 2, &format!("{}:", verdict.clients));
    line.text(Role::Plain, 1, &verdict.evidence.join("; "));
    line.write(out)?;
    if verdict.kind == ProbeVerdictKind::Limit {
        return Ok(());
    }
    let mut line = Wrapped::new(style, INDENT);
    line.text(Role::Advice, 1, "next:")
        .text(Role::Plain, 1, &verdict.next)
        .whole(Role::Faint, 3, &format!("tlsmon explain {}", verdict.cause));
    write!(out, "{:INDENT$}", "")?;
    line.write(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example::probe as example;

    fn text(probe: &Probe, width: usize) -> String {
        let style = Style {
            color: false,
            width,
        };
        let mut out = Vec::new();
        write(probe, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_probe_is_a_table_and_what_follows_from_it() {
        let expected = "\
10.4.2.7:443  name api.example.com
  with the name api.example.com   TLS1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                                  x25519 alpn h2  2.3 ms
  without a name                  alert unrecognized_name  0.3 ms
certificate CN=api.example.com issued by CN=Example CA,O=Example; for
  api.example.com; 2025-03-01T00:00:00Z to 2025-05-30T00:00:00Z; 2 sent, in
  order

no-sni-rejected (certain)  clients without a server name: without a name:
  alert unrecognized_name after 0.30 ms
  next: send SNI   tlsmon explain no-sni-rejected
protocol-version-mismatch (certain)  clients that offer only TLS 1.3: TLS 1.3
  alone: alert protocol_version after 0.20 ms
note: TLS 1.0 is still taken, which RFC 8996 advises against
";
        assert_eq!(text(&example::probe(), 80), expected);
    }

    #[test]
    fn no_string_of_a_probe_commands_the_terminal() {
        let hostile = "\u{1b}]0;pwned\u{7}\n\u{9b}2J\u{202e}";
        let shown = text(&example::hostile(hostile), 80);
        let bad = shown
            .chars()
            .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(bad, None, "{shown}");
    }
}
