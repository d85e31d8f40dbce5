//! Whether each alert finds what its conditions are about.

use anyhow::Result;
use serde_json::Value;
use xtask::lab::word;

use crate::expression::subjects;
use crate::prometheus::Prometheus;

/// Alerts whose subject is nowhere while all is well, and why.
const ABSENT_WHEN_WELL: &[(&str, &str)] = &[(
    "TlsmonAbsent",
    "it asks whether `up` is absent; TlsmonDown asks for the same series",
)];

/// Alerts that must speak of what was played here.
const TRUE_HERE: [&str; 2] = ["TlsHandshakesMostlyFail", "TlsEndpointWithoutCertificate"];

/// The alerts whose expression holds now, however long it must until they fire.
pub(crate) fn that_hold(prometheus: &Prometheus<'_>) -> Result<Vec<String>> {
    let mut holding = Vec::new();
    for alert in prometheus.alerts()? {
        if !prometheus.now(word(&alert, "/query"))?.is_empty() {
            holding.push(word(&alert, "/name").to_owned());
        }
    }
    Ok(holding)
}

/// What is wrong with the alerts, in words.
pub(crate) fn wrong(prometheus: &Prometheus<'_>) -> Result<Vec<String>> {
    let alerts = prometheus.alerts()?;
    let mut wrong = Vec::new();
    let holding = that_hold(prometheus)?;
    let missing = TRUE_HERE
        .iter()
        .filter(|name| !holding.iter().any(|one| one == *name));
    wrong.extend(missing.map(|name| format!("{name} does not hold, and it should")));
    for alert in &alerts {
        wrong.extend(wrong_with(prometheus, alert)?);
    }
    for (name, _why) in ABSENT_WHEN_WELL {
        if !alerts.iter().any(|alert| word(alert, "/name") == *name) {
            wrong.push(format!("there is no alert {name}"));
        }
    }
    Ok(wrong)
}

fn wrong_with(prometheus: &Prometheus<'_>, alert: &Value) -> Result<Vec<String>> {
    let (name, query) = (word(alert, "/name"), word(alert, "/query"));
    let mut wrong = Vec::new();
    if word(alert, "/health") == "err" {
        wrong.push(format!("{name}: {}", word(alert, "/lastError")));
    }
    let exempt = ABSENT_WHEN_WELL.iter().any(|(listed, _)| *listed == name);
    for subject in subjects(query) {
        let found = prometheus.now(&subject)?;
        let has_data = found.iter().any(|series| !series.values.is_empty());
        if has_data == exempt {
            wrong.push(format!("{name}: {} series of {subject}", found.len()));
        }
    }
    Ok(wrong)
}
