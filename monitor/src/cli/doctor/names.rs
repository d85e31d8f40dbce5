//! Whether pods can be named.

use super::DoctorArgs;
use crate::capture::preflight::{Check, Status};
use crate::cli::options::node_name;
use crate::enrich::kubernetes::{Settings, Source, check as try_each};

/// Whether pods can be named. What cannot be named is watched all the same.
pub(super) fn check(args: &DoctorArgs) -> Check {
    let source = match Source::find(args.kubeconfig.as_deref()) {
        Ok(Some(source)) => source,
        Ok(None) => {
            let found = "no Kubernetes API to ask: addresses stay without names";
            return of(Status::Ok, found.to_owned(), None);
        }
        Err(error) => {
            return of(
                Status::Warning,
                error.to_string(),
                Some(error.help().to_owned()),
            );
        }
    };
    let settings = Settings::of_node(node_name(args.node.as_deref()));
    match try_each(&source, &settings).as_deref() {
        Ok([]) => {
            let found = "pods, services and endpointslices can be read";
            of(Status::Ok, found.to_owned(), None)
        }
        Ok([first, ..]) => of(Status::Warning, first.what.clone(), first.help.clone()),
        Err(error) => of(Status::Warning, error.to_string(), None),
    }
}

fn of(status: Status, found: String, help: Option<String>) -> Check {
    Check {
        name: "kubernetes",
        status,
        found,
        help,
    }
}
