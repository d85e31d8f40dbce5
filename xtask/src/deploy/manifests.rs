//! The manifests as kustomize renders them: against the schemas of Kubernetes, and for what must be true of all of them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::rules;
use crate::command::{output, succeeds};
use crate::{paths, setup};

/// Where tlsmon listens.
const PORT: u16 = 9469;

/// What can be installed, under `deploy/`.
pub fn all() -> Result<Vec<String>> {
    let mut all = vec!["base".to_owned()];
    for entry in std::fs::read_dir(super::folder().join("overlays"))? {
        all.push(format!("overlays/{}", entry?.file_name().to_string_lossy()));
    }
    all.sort();
    Ok(all)
}

/// Renders one of them, and checks all that it holds.
pub fn check(name: &str) -> Result<()> {
    let objects = parsed(rendered(name)?.path())?;
    let (custom, known): (Vec<_>, Vec<_>) = objects.iter().partition(|one| is_custom(one));
    schemas(&known)?;
    let agent = agent(&known)?;
    probes_reach(agent)?;
    rolls_without_a_gap(agent)?;
    privileges(name, agent)?;
    guarded(agent)?;
    role(&known, agent)?;
    for one in custom {
        scraped(one, agent)?;
        ensure!(
            name != "overlays/example" || !one.to_string().contains(rules::PLACEHOLDER),
            "a runbook still leads nowhere"
        );
    }
    Ok(())
}

/// A list of those objects of one of them whose kinds come with Kubernetes, and how many others there are.
pub fn known(name: &str) -> Result<(Value, usize)> {
    let objects = parsed(rendered(name)?.path())?;
    let (custom, known): (Vec<_>, Vec<_>) = objects.iter().partition(|one| is_custom(one));
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": known });
    Ok((list, custom.len()))
}

/// What kustomize makes of one of them.
fn rendered(name: &str) -> Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    let mut kubectl = Command::new(setup::kubectl());
    kubectl.arg("kustomize").arg(super::folder().join(name));
    std::fs::write(&file, output(&mut kubectl)?)?;
    Ok(file)
}

/// Whether tlsmon takes the configuration file that the manifests mount.
pub fn configuration(tlsmon: &Path) -> Result<()> {
    let capture = paths::root().join("monitor/tests/captures/badsni_envoy.pcap");
    let mut command = Command::new(tlsmon);
    command.arg("replay").arg(capture);
    let shipped = super::folder().join("base/tlsmon.toml");
    output(command.env("TLSMON_CONFIG", shipped))?;
    let bad = tempfile::NamedTempFile::new()?;
    std::fs::write(&bad, "no-such-setting = 1\n")?;
    ensure!(
        !succeeds(command.env("TLSMON_CONFIG", bad.path())),
        "tlsmon takes any configuration, so that this shows nothing"
    );
    Ok(())
}

/// The objects of a YAML file, by the reader of the checker's own environment.
fn parsed(file: &Path) -> Result<Vec<Value>> {
    const PROGRAM: &str =
        "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let mut python = Command::new(setup::python_with_schemas());
    let text = output(python.args(["-c", PROGRAM]).arg(file))?;
    let objects: Vec<Value> = serde_json::from_str(&text)?;
    ensure!(!objects.is_empty(), "kustomize renders nothing");
    Ok(objects)
}

/// Kinds that an operator adds to a cluster: their schemas do not come with Kubernetes.
fn is_custom(object: &Value) -> bool {
    at(object, "/apiVersion")
        .as_str()
        .is_some_and(|api| api.starts_with("monitoring."))
}

/// The oldest and the newest Kubernetes of which GKE has clusters: it supports a version for two years.
const VERSIONS: [&str; 2] = ["1.30", "1.37"];

fn schemas(objects: &[&Value]) -> Result<()> {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile()?;
    let documents: Vec<_> = objects.iter().map(ToString::to_string).collect();
    std::fs::write(&file, documents.join("\n---\n"))?;
    for version in VERSIONS {
        let mut validate = Command::new(setup::python_with_schemas());
        validate.args(["-m", "kubernetes_validate", "--strict", "-k", version]);
        output(validate.arg(file.path())).with_context(|| format!("Kubernetes {version}"))?;
    }
    Ok(())
}

/// The DaemonSet.
fn agent<'a>(objects: &[&'a Value]) -> Result<&'a Value> {
    let mut agents = objects.iter().filter(|one| at(one, "/kind") == "DaemonSet");
    let agent = agents.next().context("no DaemonSet")?;
    ensure!(agents.next().is_none(), "more than one DaemonSet");
    Ok(agent)
}

/// What is there; null where nothing is.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn pod(agent: &Value) -> &Value {
    at(agent, "/spec/template/spec")
}

/// Whether the probes ask where tlsmon listens: the loopback by that name, the node's address by none.
fn probes_reach(agent: &Value) -> Result<()> {
    let container = at(pod(agent), "/containers/0");
    let variables = at(container, "/env").as_array().context("no environment")?;
    let position = |name: &str| variables.iter().position(|one| at(one, "/name") == name);
    let listen = position("TLSMON_LISTEN").context("no TLSMON_LISTEN")?;
    let address = variables.get(listen).map(|one| at(one, "/value"));
    let address = address.and_then(Value::as_str).unwrap_or_default();
    let host = match address {
        "127.0.0.1:9469" => Value::from("127.0.0.1"),
        "$(NODE_ADDRESS):9469" => {
            let node = position("NODE_ADDRESS").context("no NODE_ADDRESS")?;
            ensure!(node < listen, "NODE_ADDRESS comes after what uses it");
            Value::Null
        }
        other => bail!("tlsmon listens on {other:?}, and no rule says where to probe it"),
    };
    for (probe, path) in [("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")] {
        let asked = at(container, &format!("/{probe}/httpGet"));
        ensure!(
            *at(asked, "/host") == host && at(asked, "/path") == path && at(asked, "/port") == PORT,
            "{probe} asks {asked}, tlsmon listens on {address}"
        );
    }
    Ok(())
}

/// Whether the new pod may be on the node beside the old one, and waits for what both cannot have.
fn rolls_without_a_gap(agent: &Value) -> Result<()> {
    let rolling = serde_json::json!({ "maxSurge": 1, "maxUnavailable": 0 });
    let container = at(pod(agent), "/containers/0");
    let variables = at(container, "/env").as_array().context("no environment")?;
    let waits = serde_json::json!({ "name": "TLSMON_WAIT_FOR_PORT", "value": "true" });
    ensure!(
        *at(agent, "/spec/updateStrategy/rollingUpdate") == rolling
            && at(container, "/ports").is_null()
            && variables.contains(&waits),
        "old pod and new pod cannot be there at once: {agent}"
    );
    Ok(())
}

/// Whether the pod has what it needs, and with least privilege nothing else.
fn privileges(name: &str, agent: &Value) -> Result<()> {
    let container = at(pod(agent), "/containers/0");
    let context = at(container, "/securityContext");
    ensure!(
        at(pod(agent), "/hostNetwork") == true,
        "not in the host's network"
    );
    ensure!(
        at(context, "/readOnlyRootFilesystem") == true,
        "a root that can be written"
    );
    for bound in ["memory", "cpu"] {
        ensure!(
            at(container, &format!("/resources/limits/{bound}")).is_string(),
            "no limit of {bound}"
        );
    }
    let promises_least = [
        "overlays/least-privilege",
        "overlays/api",
        "overlays/example",
    ]
    .contains(&name);
    if !promises_least && at(context, "/privileged") == true {
        return Ok(());
    }
    let capabilities =
        serde_json::json!({ "add": ["BPF", "NET_ADMIN", "PERFMON"], "drop": ["ALL"] });
    ensure!(
        at(context, "/privileged") == false
            && at(context, "/allowPrivilegeEscalation") == false
            && *at(context, "/capabilities") == capabilities,
        "more than the least privilege: {context}"
    );
    Ok(())
}

/// Whether the API has a token and TLS wherever it is beyond the node, out of a Secret that is mounted.
fn guarded(agent: &Value) -> Result<()> {
    let container = at(pod(agent), "/containers/0");
    let variables = at(container, "/env").as_array().context("no environment")?;
    let position = |name: &str| variables.iter().position(|one| at(one, "/name") == name);
    let Some(listen) = position("TLSMON_API_LISTEN") else {
        return Ok(());
    };
    let address = position("API_ADDRESS").context("no API_ADDRESS")?;
    ensure!(address < listen, "API_ADDRESS comes after what uses it");
    let with = |list: &str, key: &str, wanted: &Value| {
        let list = at(agent, list).as_array().into_iter().flatten();
        list.into_iter().any(|one| at(one, key) == wanted)
    };
    let mounts = "/spec/template/spec/containers/0/volumeMounts";
    ensure!(
        with(mounts, "/mountPath", &Value::from("/etc/tlsmon-api"))
            && with(
                "/spec/template/spec/volumes",
                "/secret/secretName",
                &Value::from("tlsmon-api")
            ),
        "the Secret is not mounted: {agent}"
    );
    for (name, file) in [
        ("TLSMON_API_TOKEN_FILE", "token"),
        ("TLSMON_TLS_CERT", "tls.crt"),
        ("TLSMON_TLS_KEY", "tls.key"),
    ] {
        let value = position(name).and_then(|place| variables.get(place));
        let value = value.map_or(&Value::Null, |one| at(one, "/value"));
        ensure!(
            *value == format!("/etc/tlsmon-api/{file}"),
            "{name} is {value}"
        );
    }
    Ok(())
}

/// Whether the agent may read what names are taken from, and nothing else.
fn role(objects: &[&Value], agent: &Value) -> Result<()> {
    let kinds = ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"];
    let of_roles = objects
        .iter()
        .filter(|one| kinds.iter().any(|kind| at(one, "/kind") == kind));
    let of_roles: Vec<_> = of_roles.collect();
    let [role, binding] = of_roles[..] else {
        bail!(
            "{} objects about roles, not a role and its binding",
            of_roles.len()
        );
    };
    let verbs = ["list", "watch"];
    let rules = serde_json::json!([
        { "apiGroups": [""], "resources": ["pods", "services"], "verbs": verbs },
        { "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": verbs },
    ]);
    ensure!(*at(role, "/rules") == rules, "another role: {role}");
    let account = serde_json::json!([{
        "kind": "ServiceAccount",
        "name": at(pod(agent), "/serviceAccountName"),
        "namespace": at(agent, "/metadata/namespace"),
    }]);
    ensure!(
        *at(binding, "/subjects") == account
            && at(binding, "/roleRef/name") == at(role, "/metadata/name"),
        "the role is not the agent's: {binding}"
    );
    ensure!(
        at(pod(agent), "/automountServiceAccountToken") == true,
        "the agent has no token to ask with"
    );
    Ok(())
}

/// Whether an object of an operator is about the agent's pods and port, or has the rules.
fn scraped(object: &Value, agent: &Value) -> Result<()> {
    let spec = at(object, "/spec");
    let endpoints = match at(object, "/kind").as_str().unwrap_or_default() {
        "PodMonitoring" => at(spec, "/endpoints"),
        "PodMonitor" => at(spec, "/podMetricsEndpoints"),
        "Rules" | "PrometheusRule" => {
            return rules::check_groups(spec);
        }
        other => bail!("nothing is known of the kind {other:?}"),
    };
    let labels = at(agent, "/spec/template/metadata/labels");
    let wanted = at(spec, "/selector/matchLabels")
        .as_object()
        .context("no selector")?;
    ensure!(
        wanted
            .iter()
            .all(|(name, value)| labels.get(name) == Some(value)),
        "it selects {wanted:?}, the pods have {labels}"
    );
    // The operator finds no declared port, and is told where to go.
    let address = at(endpoints, "/0/relabelings/0/replacement");
    ensure!(
        at(endpoints, "/0/port") == PORT || *address == format!("$1:{PORT}"),
        "it scrapes another port than {PORT}: {endpoints}"
    );
    Ok(())
}
