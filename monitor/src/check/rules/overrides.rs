//! Overrides of Apigee hybrid: what they name must be there.

use super::super::draft::{About, Draft};
use super::super::inventory::{Inventory, Overrides, VirtualHost};
use crate::report::Cause;

pub(super) fn judge(overrides: &Overrides, inventory: &Inventory, out: &mut Vec<Draft>) {
    for host in &overrides.hosts {
        additional(host, overrides, inventory, out);
        ingress(host, overrides, out);
    }
}

fn additional(
    host: &VirtualHost,
    overrides: &Overrides,
    inventory: &Inventory,
    out: &mut Vec<Draft>,
) {
    if inventory.routes.is_empty() && !inventory.is_whole {
        return;
    }
    for (name, line) in &host.additional {
        let is_route = inventory.routes.iter().any(|route| route.name == *name);
        let is_gateway = inventory
            .listeners
            .iter()
            .any(|listener| listener.name == *name);
        if is_route || is_gateway {
            continue;
        }
        let place = overrides
            .source
            .field(format!("{}.additionalGateways", host.field), *line);
        let draft = Draft::failure(
            Cause::NoSniRejected,
            place,
            format!(
                "virtualhost {} names {name} in additionalGateways, and there is no such ApigeeRoute",
                host.name
            ),
        );
        let about = About {
            without_name: true,
            ..About::default()
        };
        out.push(
            draft
                .why("the route that was to serve clients without SNI does not exist")
                .fix("apply the ApigeeRoute, or correct the name")
                .about(&about),
        );
    }
}

fn ingress(host: &VirtualHost, overrides: &Overrides, out: &mut Vec<Draft>) {
    let Some((name, line)) = &host.ingress else {
        return;
    };
    if overrides.ingresses.is_empty() || overrides.ingresses.iter().any(|(one, _)| one == name) {
        return;
    }
    let place = overrides
        .source
        .field(format!("{}.selector.ingress_name", host.field), *line);
    let draft = Draft::failure(
        Cause::UnknownSni,
        place,
        format!(
            "virtualhost {} selects the ingress {name}, which is not among ingressGateways",
            host.name
        ),
    );
    let about = About {
        any_name: true,
        ..About::default()
    };
    out.push(
        draft
            .why("no gateway's pod takes the routes of this environment group: its hosts are reset")
            .fix("use a name of ingressGateways")
            .about(&about),
    );
}
