//! One listener by itself: hosts, mode, versions, cipher suites.

use super::super::draft::{About, Draft};
use super::super::inventory::{Kind, Lined, Listener, Tls};
use crate::report::Cause;

const MODES: &[&str] = &[
    "SIMPLE",
    "MUTUAL",
    "OPTIONAL_MUTUAL",
    "PASSTHROUGH",
    "AUTO_PASSTHROUGH",
    "ISTIO_MUTUAL",
];
/// From the oldest on; `TLS_AUTO` is what the gateway thinks best.
const VERSIONS: &[&str] = &["TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"];
const AUTO: &str = "TLS_AUTO";

/// The cipher suites of TLS 1.2 and before that Envoy knows, by the names of BoringSSL.
const SUITES: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-PSK-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-PSK-AES128-CBC-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-PSK-AES256-CBC-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "PSK-AES128-CBC-SHA",
    "AES256-SHA",
    "PSK-AES256-CBC-SHA",
    "DES-CBC3-SHA",
    "ECDHE-RSA-AES128-SHA256",
];

/// The handshakes that come to a listener.
pub(super) fn about(listener: &Listener) -> About {
    let hosts: Vec<_> = listener
        .hosts
        .iter()
        .map(|(host, _)| host.clone())
        .collect();
    About {
        without_name: listener.answers_without_name(),
        // No file tells the hosts of an environment group.
        any_name: listener.kind == Kind::VirtualHost && hosts.is_empty(),
        labels: Some(listener.selector.clone()),
        hosts,
    }
}

pub(super) fn judge(listener: &Listener, out: &mut Vec<Draft>) {
    hosts(listener, out);
    let Some(tls) = &listener.tls else {
        return without_tls(listener, out);
    };
    if listener.is_tls() {
        mode(listener, tls, out);
        versions(listener, tls, out);
        suites(listener, tls, out);
    }
}

fn without_tls(listener: &Listener, out: &mut Vec<Draft>) {
    if listener.is_tls() {
        let what = format!(
            "{} has protocol {} and no tls",
            listener.title(),
            listener.protocol
        );
        let draft = Draft::failure(
            Cause::EndpointWithoutCertificate,
            listener.place("", listener.line),
            what,
        );
        out.push(
            draft
                .why("there is nothing to answer a ClientHello with; Istio refuses such a Gateway")
                .fix("add tls with mode and credentialName")
                .about(&about(listener)),
        );
    }
}

fn hosts(listener: &Listener, out: &mut Vec<Draft>) {
    for (host, line) in &listener.hosts {
        let rest = host.strip_prefix("*.").unwrap_or(host);
        if host == "*" || !rest.contains('*') {
            continue;
        }
        let place = listener.source.field("hosts", *line);
        let draft = Draft::risk(
            Cause::UnknownSni,
            place,
            format!("the host {host:?} has a * that stands for no whole first label"),
        );
        out.push(
            draft
                .why("no hello matches it: who asks for such a name is reset")
                .fix("write the names out, or *.example.com for all names of a domain"),
        );
    }
}

fn mode(listener: &Listener, tls: &Tls, out: &mut Vec<Draft>) {
    if let Some((mode, line)) = &tls.mode
        && !MODES.contains(&mode.as_str())
    {
        let draft = Draft::failure(
            Cause::EndpointWithoutCertificate,
            listener.place("mode", *line),
            format!("{mode:?} is no mode of TLS"),
        );
        out.push(
            draft
                .why("the API server or Istio refuses it, and what stood there before stays")
                .fix("use SIMPLE, MUTUAL, OPTIONAL_MUTUAL or PASSTHROUGH")
                .about(&about(listener)),
        );
        return;
    }
    let has_files = tls.certificate_path.is_some() || tls.key_path.is_some();
    let place = listener.place(tls.mode.as_ref().map_or("", |_| "mode"), tls.line);
    if listener.terminates() && tls.credentials.is_empty() && !has_files {
        let what = format!(
            "{} has mode {} and names no certificate",
            listener.title(),
            listener.mode()
        );
        let draft = Draft::failure(Cause::EndpointWithoutCertificate, place, what);
        let fix = match listener.kind {
            Kind::VirtualHost => "set sslCertPath and sslKeyPath, or sslSecret",
            Kind::Gateway | Kind::Route => {
                "set credentialName to a TLS secret in the namespace of the gateway's pods"
            }
        };
        out.push(
            draft
                .why("it has nothing to prove who it is: every hello for its hosts is reset")
                .fix(fix)
                .about(&about(listener)),
        );
    } else if listener.mode() == "PASSTHROUGH" && !tls.credentials.is_empty() {
        let what = format!(
            "{} passes TLS through and names a certificate",
            listener.title()
        );
        out.push(
            Draft::note(place, what)
                .why("the certificate is never used: the server behind it shows its own")
                .fix("use mode SIMPLE, or leave credentialName out"),
        );
    }
}

fn versions(listener: &Listener, tls: &Tls, out: &mut Vec<Draft>) {
    let min = rank(listener, tls.min.as_ref(), "minProtocolVersion", out);
    let max = rank(listener, tls.max.as_ref(), "maxProtocolVersion", out);
    let title = listener.title();
    let word = |rank: usize| VERSIONS.get(rank).unwrap_or(&AUTO);
    let at_min = |line| listener.place("minProtocolVersion", line);
    let cause = Cause::ProtocolVersionMismatch;
    let draft = match (min, max) {
        (Some((min, line)), Some((max, _))) if min > max => Draft::failure(
            cause,
            at_min(line),
            "the lowest version is above the highest",
        )
        .why("no version is left: every hello is refused")
        .fix("leave maxProtocolVersion out"),
        (_, Some((max @ 0..=1, line))) => {
            let what = format!("{title} takes {} at most", word(max));
            Draft::failure(cause, listener.place("maxProtocolVersion", line), what)
                .why("clients of today offer TLS 1.2 and 1.3 alone")
                .fix("leave maxProtocolVersion out")
        }
        (Some((3, line)), _) => {
            Draft::risk(cause, at_min(line), format!("{title} takes TLS 1.3 alone"))
                .why("clients that offer at most TLS 1.2 get alert protocol_version")
                .fix("TLSV1_2, unless that is meant")
        }
        (Some((min @ 0..=1, line)), _) => {
            Draft::note(at_min(line), format!("{title} still takes {}", word(min)))
                .why("TLS 1.0 and 1.1 are deprecated (RFC 8996)")
                .fix("TLSV1_2 once no client needs the old versions: tlsmon_negotiated_total tells")
        }
        _ => return,
    };
    out.push(draft.about(&about(listener)));
}

/// Which of the versions a bound names, and where; none for what the gateway thinks best.
fn rank(
    listener: &Listener,
    bound: Option<&Lined>,
    field: &str,
    out: &mut Vec<Draft>,
) -> Option<(usize, u32)> {
    let (word, line) = bound.filter(|(word, _)| word != AUTO)?;
    let rank = VERSIONS.iter().position(|version| version == word);
    if rank.is_none() {
        let what = format!("{word:?} is no version of TLS");
        let draft = Draft::risk(
            Cause::ProtocolVersionMismatch,
            listener.place(field, *line),
            what,
        );
        out.push(
            draft
                .why("it is refused, or the default takes its place")
                .fix(format!("use one of {AUTO}, {}", VERSIONS.join(", "))),
        );
    }
    Some((rank?, *line))
}

fn suites(listener: &Listener, tls: &Tls, out: &mut Vec<Draft>) {
    let unknown: Vec<_> = tls
        .suites
        .iter()
        .filter(|(suite, _)| !is_known(suite))
        .collect();
    for (suite, line) in &unknown {
        let is_1_3 = suite.starts_with("TLS_AES") || suite.starts_with("TLS_CHACHA20");
        let (why, fix) = if is_1_3 {
            (
                "the suites of TLS 1.3 cannot be chosen; the others in the list count for TLS 1.2",
                "leave it out",
            )
        } else {
            (
                "the gateway does not know it: it is left out, or the whole list is refused",
                "write it as BoringSSL does, as in ECDHE-RSA-AES128-GCM-SHA256",
            )
        };
        let what = format!("{suite:?} is no cipher suite that can be set here");
        let draft = if is_1_3 {
            Draft::note(listener.place("cipherSuites", *line), what)
        } else {
            Draft::risk(
                Cause::CipherMismatch,
                listener.place("cipherSuites", *line),
                what,
            )
        };
        out.push(draft.why(why).fix(fix).about(&about(listener)));
    }
    let is_only_1_3 = tls.min.as_ref().is_some_and(|(min, _)| min == "TLSV1_3");
    if let Some((_, line)) = tls.suites.first()
        && is_only_1_3
        && unknown.is_empty()
    {
        out.push(
            Draft::note(
                listener.place("cipherSuites", *line),
                "the list of cipher suites counts for TLS 1.2, which is not taken",
            )
            .fix("leave the list out"),
        );
    }
}

/// Envoy takes several of equal preference in brackets: `[A|B]`.
fn is_known(suite: &str) -> bool {
    let inner = suite
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'));
    inner
        .unwrap_or(suite)
        .split('|')
        .all(|one| SUITES.contains(&one))
}
