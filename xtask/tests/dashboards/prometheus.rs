//! A Prometheus that scrapes the node's tlsmon each second, and what it answers.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;
use xtask::lab::{Namespace, Process, get, until};
use xtask::{paths, setup};

const ADDRESS: &str = "127.0.0.1:9090";

/// How far back a range goes: all that was played.
const WINDOW: f64 = 60.0;

/// A running Prometheus; dropping it ends it.
pub(crate) struct Prometheus<'a> {
    namespace: &'a Namespace,
    _process: Process,
    _folder: TempDir,
}

/// One series of an answer.
pub(crate) struct Series {
    /// Its labels, an object.
    pub(crate) labels: Value,
    /// What it is, or was at each time; what is no number is left out.
    pub(crate) values: Vec<f64>,
}

impl<'a> Prometheus<'a> {
    /// Starts it with the alert rules, and waits until it has scraped.
    pub(crate) fn start(namespace: &'a Namespace) -> Result<Self> {
        let folder = TempDir::with_prefix("tlsmon-prometheus-")?;
        let config = folder.path().join("prometheus.json");
        let rules = paths::root().join("deploy/alerts/tlsmon.rules.yaml");
        let settings = serde_json::json!({
            "global": { "scrape_interval": "1s", "evaluation_interval": "1s" },
            "rule_files": [rules],
            "scrape_configs": [{ "job_name": "tlsmon", "static_configs": [{ "targets": ["127.0.0.1:9469"] }] }],
        });
        std::fs::write(&config, settings.to_string())?;
        let mut command = Command::new(setup::prometheus());
        command.arg("--config.file").arg(&config);
        command
            .arg("--storage.tsdb.path")
            .arg(folder.path().join("data"));
        command.args(["--web.listen-address", ADDRESS, "--log.level", "warn"]);
        let log = folder.path().join("log");
        let mut process = Process::start(namespace, &mut command, &log)?;
        let up = |process: &mut Process| {
            if let Some(status) = process.ended()? {
                bail!("it ended: {status}\n{}", process.said());
            }
            let answer = namespace.inside(|| get(ADDRESS, "/api/v1/query?query=up==1"))?;
            Ok(answer
                .is_ok_and(|text| text.contains("tlsmon"))
                .then_some(()))
        };
        until("Prometheus to scrape", Duration::from_secs(30), || {
            up(&mut process)
        })
        .with_context(|| process.said())?;
        Ok(Self {
            namespace,
            _process: process,
            _folder: folder,
        })
    }

    /// What an expression is now.
    pub(crate) fn now(&self, expression: &str) -> Result<Vec<Series>> {
        self.ask("query", &[("query", expression)])
    }

    /// What an expression was, second by second.
    pub(crate) fn lately(&self, expression: &str) -> Result<Vec<Series>> {
        let clock = self.now("time()")?;
        let clock = clock.first().and_then(|series| series.values.first());
        let end = *clock.context("no time")?;
        let (start, end) = ((end - WINDOW).to_string(), end.to_string());
        self.ask(
            "query_range",
            &[
                ("query", expression),
                ("start", &start),
                ("end", &end),
                ("step", "1"),
            ],
        )
    }

    /// The values of a label of a metric's series.
    pub(crate) fn label_values(&self, metric: &str, label: &str) -> Result<Vec<String>> {
        let data = self.data(&format!("label/{label}/values"), &[("match[]", metric)])?;
        Ok(serde_json::from_value(data)?)
    }

    /// The alert rules as it has read them.
    pub(crate) fn alerts(&self) -> Result<Vec<Value>> {
        let data = self.data("rules", &[("type", "alert")])?;
        let groups = data.pointer("/groups").and_then(Value::as_array);
        let of_group = |group: &Value| group.pointer("/rules")?.as_array().cloned();
        let rules = groups.context("no groups")?.iter().filter_map(of_group);
        Ok(rules.flatten().collect())
    }

    fn ask(&self, what: &str, arguments: &[(&str, &str)]) -> Result<Vec<Series>> {
        let data = self.data(what, arguments)?;
        // A scalar is a point by itself.
        if data
            .pointer("/resultType")
            .is_some_and(|kind| kind == "scalar")
        {
            let values = data
                .pointer("/result")
                .and_then(number)
                .into_iter()
                .collect();
            return Ok(vec![Series {
                labels: Value::Null,
                values,
            }]);
        }
        let result = data.pointer("/result").and_then(Value::as_array);
        Ok(result.context("no result")?.iter().map(series).collect())
    }

    fn data(&self, what: &str, arguments: &[(&str, &str)]) -> Result<Value> {
        let mut path = format!("/api/v1/{what}?");
        for (name, value) in arguments {
            let _ = write!(path, "{name}={}&", encoded(value));
        }
        let text = self.namespace.inside(|| get(ADDRESS, &path))?;
        let text = text.with_context(|| format!("{what} {arguments:?}"))?;
        let mut answer: Value = serde_json::from_str(&text)?;
        Ok(answer.pointer_mut("/data").context("no data")?.take())
    }
}

fn series(result: &Value) -> Series {
    let range = result.pointer("/values").and_then(Value::as_array);
    let points = range.into_iter().flatten().chain(result.pointer("/value"));
    Series {
        labels: result.pointer("/metric").cloned().unwrap_or_default(),
        values: points.filter_map(number).collect(),
    }
}

/// The value of a point `[time, "value"]`, when it is a number.
fn number(point: &Value) -> Option<f64> {
    let value: f64 = point.get(1)?.as_str()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// As a query string has it (RFC 3986 section 2.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
