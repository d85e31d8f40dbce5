//! ApigeeRoutes: whether they serve clients without SNI, and whether they are in force.

use std::collections::BTreeMap;

use super::super::draft::{About, Draft, some};
use super::super::inventory::{Inventory, Lined, Route};
use crate::report::{Cause, Severity};

pub(super) fn judge(route: &Route, inventory: &Inventory, out: &mut Vec<Draft>) {
    non_sni(route, out);
    state(route, out);
    named(route, inventory, out);
    selector(route, inventory, out);
}

fn non_sni(route: &Route, out: &mut Vec<Draft>) {
    let star = route.hosts.iter().find(|(host, _)| host == "*");
    let without_name = About {
        without_name: true,
        ..About::default()
    };
    match (star, route.non_sni) {
        (Some((_, line)), None | Some((false, _))) => {
            let place = route.source.field("spec.hostnames", *line);
            let draft = Draft::failure(
                Cause::NoSniRejected,
                place,
                format!(
                    "ApigeeRoute {} has the host \"*\", and not enableNonSniClient: true",
                    route.name
                ),
            );
            out.push(draft.why("without it the * is kept out of the gateway that is made from the route: hellos without a name are reset").fix("set spec.enableNonSniClient: true").about(&without_name));
        }
        (None, Some((true, line))) => {
            let place = route.source.field("spec.enableNonSniClient", line);
            let draft = Draft::risk(
                Cause::NoSniRejected,
                place,
                format!(
                    "ApigeeRoute {} has enableNonSniClient, and its hostnames are not \"*\"",
                    route.name
                ),
            );
            out.push(draft.why("a hello without a name can be for any host; Apigee wants the wildcard alone in such a route").fix("make a route of its own with hostnames: [\"*\"]").about(&without_name));
        }
        (Some(_), Some((true, _))) if route.hosts.len() > 1 => {
            let (_, line) = star.map_or(("", route.source.line), |(host, line)| {
                (host.as_str(), *line)
            });
            let place = route.source.field("spec.hostnames", line);
            out.push(
                Draft::risk(
                    Cause::NoSniRejected,
                    place,
                    format!("ApigeeRoute {} has other hosts beside \"*\"", route.name),
                )
                .why("Apigee's webhook wants the wildcard alone in a route for clients without SNI")
                .fix("make a route of its own with hostnames: [\"*\"]"),
            );
        }
        _ => {}
    }
}

fn state(route: &Route, out: &mut Vec<Draft>) {
    let Some((state, line)) = &route.state else {
        return;
    };
    let behind = route
        .applied
        .zip(route.generation)
        .filter(|(applied, generation)| applied < generation);
    let (field, what) = match (state.as_str(), behind) {
        ("running", None) => return,
        ("running", Some((applied, generation))) => (
            "status.lastAppliedGeneration",
            format!("is at generation {generation}, and {applied} is in force"),
        ),
        (state, _) => ("status.state", format!("is {state}, not running")),
    };
    let said = route
        .message
        .as_ref()
        .map_or(String::new(), |message| format!(": {message}"));
    let draft = Draft::new(
        Severity::Risk,
        Cause::UnknownSni,
        route.source.field(field, *line),
        format!("ApigeeRoute {} {what}{said}", route.name),
    );
    let about = About {
        hosts: route.hosts.iter().map(|(host, _)| host.clone()).collect(),
        without_name: route.non_sni.is_some_and(|(non_sni, _)| non_sni),
        ..About::default()
    };
    out.push(
        draft
            .why("what it says may not be in force: its hosts are then reset as unknown names")
            .fix(format!(
                "kubectl -n {} describe apigeeroute {}, and the log of apigee-controller-manager",
                route.namespace, route.name
            ))
            .about(&about),
    );
}

/// A wildcard route binds no API unless a virtualhost names it.
fn named(route: &Route, inventory: &Inventory, out: &mut Vec<Draft>) {
    let is_wildcard = route.hosts.iter().any(|(host, _)| host == "*");
    let hosts = || {
        inventory
            .overrides
            .iter()
            .flat_map(|overrides| &overrides.hosts)
    };
    let names_it = |(name, _): &Lined| *name == route.name;
    let mut others = inventory.routes.iter();
    let is_named_by_route = others.any(|other| other.additional.iter().any(names_it));
    if !is_wildcard
        || hosts().next().is_none()
        || is_named_by_route
        || hosts().any(|host| host.additional.iter().any(names_it))
    {
        return;
    }
    let what = format!(
        "no virtualhost names ApigeeRoute {} in additionalGateways",
        route.name
    );
    let draft = Draft::new(Severity::Risk, None, route.source.whole(), what);
    out.push(draft.why("handshakes without SNI complete, and each request is answered 404: no API is bound to the route").fix(format!("virtualhosts[].additionalGateways: [\"{}\"] in overrides.yaml for each environment group, then apply it", route.name)));
}

/// A route for clients without SNI must be on the pods that the other routes are on.
fn selector(route: &Route, inventory: &Inventory, out: &mut Vec<Draft>) {
    let others = || {
        inventory
            .routes
            .iter()
            .filter(|other| other.name != route.name)
            .map(|other| &other.selector)
    };
    let agrees = |other: &BTreeMap<String, String>| {
        let agree = |(key, value)| other.get(key).is_none_or(|theirs| theirs == value);
        route.selector.iter().all(agree)
    };
    let serves_all = route.non_sni.is_some_and(|(non_sni, _)| non_sni);
    if !serves_all || others().next().is_none() || others().any(agrees) {
        return;
    }
    let labels: Vec<_> = route
        .selector
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let what = format!(
        "ApigeeRoute {} is for pods with {}, and no other route is",
        route.name,
        some(&labels)
    );
    let about = About {
        without_name: true,
        ..About::default()
    };
    let draft = Draft::risk(
        Cause::NoSniRejected,
        route.source.field("spec.selector", route.source.line),
        what,
    );
    out.push(draft.why("clients reach the pods of the other routes, and there hellos without a name are reset").fix("give it the selector of the other routes (app: apigee-ingressgateway; app: istio-ingressgateway with Cloud Service Mesh)").about(&about));
}
