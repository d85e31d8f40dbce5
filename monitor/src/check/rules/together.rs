//! What only several listeners together show: hosts that are there twice, and gateways that nobody without SNI can enter.

use std::collections::BTreeMap;

use super::super::draft::{About, Draft, some};
use super::super::inventory::{Inventory, Kind, Listener};
use crate::report::{Cause, Severity};

/// Pairs that are looked at for one host and port.
const MAX_PAIRS: usize = 1000;

pub(super) fn judge(inventory: &Inventory, out: &mut Vec<Draft>) {
    twice(inventory, out);
    protocols(inventory, out);
    without_name(inventory, out);
}

/// Whether the same pods may serve both. No selector selects all.
fn share_pods(one: &Listener, other: &Listener) -> bool {
    let agree = |(key, value)| other.selector.get(key).is_none_or(|theirs| theirs == value);
    one.selector.iter().all(agree)
}

/// One of them was made from the other.
fn same_origin(one: &Listener, other: &Listener) -> bool {
    let is_copy =
        |copy: &Listener, of: &Listener| copy.made_from.as_deref() == Some(of.name.as_str());
    is_copy(one, other)
        || is_copy(other, one)
        || one.made_from.is_some() && one.made_from == other.made_from
}

fn served(inventory: &Inventory) -> impl Iterator<Item = &Listener> {
    let served = inventory.listeners.iter();
    served.filter(|one| one.kind != Kind::VirtualHost && one.is_tls())
}

fn twice(inventory: &Inventory, out: &mut Vec<Draft>) {
    let mut by_host: BTreeMap<_, Vec<(&Listener, u32)>> = BTreeMap::new();
    for listener in served(inventory) {
        for (host, line) in &listener.hosts {
            let key = (listener.port, host.to_ascii_lowercase());
            by_host.entry(key).or_default().push((listener, *line));
        }
    }
    for ((_, host), holders) in by_host {
        let mut pairs = holders
            .iter()
            .enumerate()
            .flat_map(|(at, one)| holders.iter().skip(at + 1).map(move |other| (one, other)))
            .take(MAX_PAIRS);
        let clash =
            pairs.find(|((one, _), (other, _))| share_pods(one, other) && !same_origin(one, other));
        if let Some((one, other)) = clash {
            out.push(clash_of(&host, *one, *other));
        }
    }
}

fn clash_of(host: &str, (one, _): (&Listener, u32), (other, line): (&Listener, u32)) -> Draft {
    let credentials = |listener: &Listener| {
        listener.tls.as_ref().map(|tls| {
            tls.credentials
                .iter()
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        })
    };
    let same = one.mode() == other.mode() && credentials(one) == credentials(other);
    let place = other.source.field(format!("{}.hosts", other.field), line);
    let two_routes = host == "*" && one.kind == Kind::Route && other.kind == Kind::Route;
    let what = if one.source.object == other.source.object {
        format!(
            "{} has the host {host:?} twice: {} and {}",
            one.source.object, one.field, other.field
        )
    } else {
        format!(
            "the host {host:?} is in {} and in {}, for the same pods and port",
            one.source.object, other.source.object
        )
    };
    let severity = match () {
        () if two_routes => Severity::Failure,
        () if same => Severity::Note,
        () => Severity::Risk,
    };
    let why = if same {
        "only one of them counts; both show the same certificate"
    } else {
        "only one of them counts, by age; which certificate and mode clients get changes when that one is made anew"
    };
    let fix = if two_routes {
        "only one ApigeeRoute may have the wildcard: all environment groups share its certificate"
    } else {
        "leave the host in one of them"
    };
    let cause = (!same).then_some(Cause::CertificateHostnameMismatch);
    let about = About {
        hosts: vec![host.to_owned()],
        ..About::default()
    };
    Draft::new(severity, cause, place, what)
        .why(why)
        .fix(fix)
        .about(&about)
}

/// One port of the same pods speaks TLS or it does not.
fn protocols(inventory: &Inventory, out: &mut Vec<Draft>) {
    let is_plain = |one: &&Listener| {
        matches!(one.protocol.as_str(), "HTTP" | "HTTP2" | "GRPC")
            && one.tls.as_ref().is_none_or(|tls| tls.mode.is_none())
    };
    for plain in inventory.listeners.iter().filter(is_plain) {
        let clash = served(inventory)
            .find(|one| one.port == plain.port && one.port.is_some() && share_pods(one, plain));
        if let Some(tls) = clash {
            let what = format!(
                "{} speaks {}, and {} speaks TLS there",
                plain.title(),
                plain.protocol,
                tls.source.object
            );
            let draft = Draft::risk(
                Cause::TlsOnPlaintextServer,
                plain.source.field(plain.field.clone(), plain.line),
                what,
            );
            out.push(
                draft
                    .why("only one of them counts: hellos may be answered in cleartext")
                    .fix("give them different ports")
                    .about(&super::listener::about(tls)),
            );
        }
    }
}

/// Gateways that answer no hello without a name: often meant so, and the commonest reason for resets.
fn without_name(inventory: &Inventory, out: &mut Vec<Draft>) {
    let mut groups: Vec<Vec<&Listener>> = Vec::new();
    for listener in served(inventory).filter(|one| !one.hosts.is_empty()) {
        let same = |group: &&mut Vec<&Listener>| {
            group
                .iter()
                .any(|one| one.port == listener.port && share_pods(one, listener))
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(listener),
            None => groups.push(vec![listener]),
        }
    }
    for group in groups {
        let Some(first) = group
            .first()
            .filter(|_| !group.iter().any(|one| one.answers_without_name()))
        else {
            continue;
        };
        let hosts: Vec<_> = group
            .iter()
            .flat_map(|one| &one.hosts)
            .map(|(host, _)| host.as_str())
            .collect();
        let what = format!(
            "no route of {} answers a hello without a name; its hosts are {}",
            first.title(),
            some(&hosts)
        );
        let fix = if group
            .iter()
            .any(|one| one.kind == Kind::Route || one.made_from.is_some())
        {
            "where clients cannot send SNI: an ApigeeRoute with hostnames: [\"*\"] and enableNonSniClient: true, named in additionalGateways of overrides.yaml"
        } else {
            "where clients cannot send SNI: a server with hosts: [\"*\"] and a credentialName of its own"
        };
        let about = About {
            without_name: true,
            ..About::default()
        };
        let draft = Draft::new(
            Severity::Note,
            Cause::NoSniRejected,
            first.source.field(first.field.clone(), first.line),
            what,
        );
        out.push(
            draft
                .why("clients that send no server_name are reset")
                .fix(fix)
                .about(&about),
        );
    }
}
