//! The workload that a pod belongs to, from who made it.

use super::object::{Meta, Owner};

/// The name of the workload: what a person wrote a manifest for.
///
/// 1. A ReplicaSet that carries the pod's template hash in its name is a Deployment's, or a Rollout's: its name without the hash.
/// 2. A Job whose name ends with a time is a CronJob's: its name without the time.
/// 3. A static pod is its node's: its name without the node's.
/// 4. Any other owner by its own name.
/// 5. A pod that nothing made is its own workload.
pub(super) fn workload(pod: &Meta) -> &str {
    let Some(owner) = owner(pod) else {
        return &pod.name;
    };
    let name = owner.name.as_str();
    match owner.kind.as_str() {
        "ReplicaSet" => without_hash(name, pod).unwrap_or(name),
        "Job" => without_time(name).unwrap_or(name),
        "Node" => without_end(&pod.name, name).unwrap_or(&pod.name),
        _ => name,
    }
}

/// The one that manages it, else the first.
fn owner(pod: &Meta) -> Option<&Owner> {
    let owners = &pod.owner_references;
    let manages = owners.iter().find(|owner| owner.controller);
    manages.or_else(|| owners.first())
}

fn without_hash<'a>(name: &'a str, pod: &Meta) -> Option<&'a str> {
    let hashes = [&pod.labels.template_hash, &pod.labels.rollout_hash];
    let mut hashes = hashes.into_iter().flatten();
    hashes.find_map(|hash| without_end(name, hash))
}

/// A CronJob adds the time of the run, in minutes or seconds since 1970: eight digits or more.
fn without_time(name: &str) -> Option<&str> {
    const DIGITS: usize = 8;
    let (head, time) = name.rsplit_once('-')?;
    let is_time = time.len() >= DIGITS && time.bytes().all(|byte| byte.is_ascii_digit());
    (is_time && !head.is_empty()).then_some(head)
}

/// The name without `-end`.
fn without_end<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let head = name.strip_suffix(end)?.strip_suffix('-')?;
    (!head.is_empty()).then_some(head)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn of(pod: &str, owner: Option<(&str, &str)>, labels: &Value) -> String {
        let owners =
            owner.map(|(kind, name)| json!({"kind": kind, "name": name, "controller": true}));
        let meta =
            json!({"name": pod, "labels": labels, "ownerReferences": Vec::from_iter(owners)});
        let meta: Meta = serde_json::from_value(meta).unwrap();
        workload(&meta).to_owned()
    }

    #[rstest]
    #[case::of_a_deployment("web-7d4b9c6f5-x2x9q", Some(("ReplicaSet", "web-7d4b9c6f5")), json!({"pod-template-hash": "7d4b9c6f5"}), "web")]
    #[case::of_a_rollout("web-abc-1", Some(("ReplicaSet", "web-abc")), json!({"rollouts-pod-template-hash": "abc"}), "web")]
    #[case::of_a_replica_set_alone("rs-x2x9q", Some(("ReplicaSet", "rs")), json!({}), "rs")]
    #[case::of_a_replica_set_with_a_foreign_hash("rs-1-x", Some(("ReplicaSet", "rs-1")), json!({"pod-template-hash": "2"}), "rs-1")]
    #[case::of_a_stateful_set("db-0", Some(("StatefulSet", "db")), json!({}), "db")]
    #[case::of_a_daemon_set("agent-9x8k2", Some(("DaemonSet", "agent")), json!({}), "agent")]
    #[case::of_a_job("import-4fj2k", Some(("Job", "import")), json!({}), "import")]
    #[case::of_a_job_with_a_version("import-42-4fj2k", Some(("Job", "import-42")), json!({}), "import-42")]
    #[case::of_a_cron_job("backup-29012345-4fj2k", Some(("Job", "backup-29012345")), json!({}), "backup")]
    #[case::static_on_its_node("kube-proxy-gke-1", Some(("Node", "gke-1")), json!({}), "kube-proxy")]
    #[case::of_something_else("x-1", Some(("SparkApplication", "x")), json!({}), "x")]
    #[case::alone("debug", None, json!(null), "debug")]
    fn the_workload_of_a_pod(
        #[case] pod: &str,
        #[case] owner: Option<(&str, &str)>,
        #[case] labels: Value,
        #[case] expected: &str,
    ) {
        assert_eq!(of(pod, owner, &labels), expected);
    }

    #[test]
    fn the_owner_that_manages_comes_before_the_first() {
        let meta = json!({"name": "p", "ownerReferences": [
            {"kind": "Watcher", "name": "other"},
            {"kind": "DaemonSet", "name": "agent", "controller": true},
        ]});
        let meta: Meta = serde_json::from_value(meta).unwrap();
        assert_eq!(workload(&meta), "agent");
    }
}
