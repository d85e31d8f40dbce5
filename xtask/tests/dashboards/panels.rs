//! Whether each panel of each dashboard shows something.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xtask::lab::word;
use xtask::paths;

use crate::ENDPOINT;
use crate::prometheus::{Prometheus, Series};

/// Panels that show zero while all is well, and why.
const ZERO_WHEN_WELL: &[(&str, &str)] = &[
    ("Lost", "nothing is lost here"),
    (
        "Interfaces that are wanted and not watched",
        "all are watched",
    ),
    ("Fullest ring", "so few packets do not wait"),
    ("Counted under other", "there is one endpoint"),
    (
        "Nodes without changes from Kubernetes",
        "its API is followed",
    ),
    ("Lists and watches that failed", "its API answers"),
];

/// What is wrong with the panels, in words.
pub(crate) fn wrong(prometheus: &Prometheus<'_>) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut seen = Vec::new();
    for file in ["tlsmon-overview", "tlsmon-endpoint"] {
        let path = paths::root().join(format!("deploy/grafana/{file}.json"));
        let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let endpoint = endpoint(prometheus, &dashboard)?;
        for panel in panels(&dashboard)? {
            let complaint = wrong_with(prometheus, panel, &endpoint);
            let title = word(panel, "/title");
            seen.push(title.to_owned());
            wrong.extend(
                complaint
                    .err()
                    .map(|error| format!("{file}, {title}: {error:#}")),
            );
        }
    }
    let gone = ZERO_WHEN_WELL.iter().map(|(title, _)| *title);
    let gone = gone.filter(|title| !seen.iter().any(|one| one == title));
    wrong.extend(gone.map(|title| format!("there is no panel {title:?}")));
    Ok(wrong)
}

/// What a dashboard's variable `endpoint` stands for: all, where it may, else the one of this laboratory, which it must offer.
fn endpoint(prometheus: &Prometheus<'_>, dashboard: &Value) -> Result<String> {
    let variables = dashboard
        .pointer("/templating/list")
        .and_then(Value::as_array);
    let mut variables = variables.context("no variables")?.iter();
    let variable = variables.find(|one| word(one, "/name") == "endpoint");
    let variable = variable.context("no variable for the endpoint")?;
    let query = word(variable, "/query/query");
    let arguments = query
        .strip_prefix("label_values(")
        .and_then(|rest| rest.strip_suffix(')'));
    let (metric, label) = arguments
        .and_then(|all| all.split_once(", "))
        .context("no label_values")?;
    let values = prometheus.label_values(metric, label)?;
    ensure!(
        values.iter().any(|value| value == ENDPOINT),
        "no {ENDPOINT} in {values:?}"
    );
    let all = word(variable, "/allValue");
    Ok(if all.is_empty() { ENDPOINT } else { all }.to_owned())
}

fn panels(dashboard: &Value) -> Result<impl Iterator<Item = &Value>> {
    let panels = dashboard.pointer("/panels").and_then(Value::as_array);
    let panels = panels.context("no panels")?.iter();
    Ok(panels.filter(|panel| word(panel, "/type") != "row"))
}

fn wrong_with(prometheus: &Prometheus<'_>, panel: &Value, endpoint: &str) -> Result<()> {
    let target = panel.pointer("/targets/0").context("no target")?;
    let query = word(target, "/expr")
        .replace("$__rate_interval", "10s")
        .replace("$__range", "5m")
        .replace("$endpoint", endpoint);
    ensure!(
        !query.contains('$'),
        "a variable that nothing stands for: {query}"
    );
    let at_once = target
        .pointer("/instant")
        .is_some_and(|instant| instant == true);
    let found = if at_once {
        prometheus.now(&query)?
    } else {
        prometheus.lately(&query)?
    };
    has_labels(&found, word(target, "/legendFormat"))?;
    let mut values = found.iter().flat_map(|series| &series.values).peekable();
    ensure!(values.peek().is_some(), "no data for {query}");
    let title = word(panel, "/title");
    let may_be_zero = ZERO_WHEN_WELL.iter().any(|(listed, _)| *listed == title);
    ensure!(
        may_be_zero || values.any(|value| value.abs() > 0.0),
        "nothing but zero for {query}"
    );
    Ok(())
}

/// Whether every series has the labels that it is named by.
fn has_labels(found: &[Series], legend: &str) -> Result<()> {
    for label in legend
        .split("{{")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("}}")?.0))
    {
        ensure!(
            found
                .iter()
                .all(|series| series.labels.get(label).is_some()),
            "some series has no label {label}"
        );
    }
    Ok(())
}
