//! The metrics that docs/metrics.md describes, and whether a query names any other.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};

/// Each metric's labels, by its name; those of a histogram by the names of its series.
pub(super) struct Documented(BTreeMap<String, Vec<String>>);

impl Documented {
    /// Reads the rows `| metric | type | labels | …` of the page.
    pub(super) fn from_page(page: &str) -> Result<Self> {
        let mut metrics = BTreeMap::new();
        for row in page.lines() {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let ["", metric, kind, labels, ..] = cells.as_slice() else {
                continue;
            };
            let Some(name) = quoted(metric).find(|name| name.starts_with("tlsmon_")) else {
                continue;
            };
            let labels: Vec<_> = quoted(labels).map(str::to_owned).collect();
            if *kind == "histogram" {
                for end in ["_sum", "_count"] {
                    metrics.insert(format!("{name}{end}"), labels.clone());
                }
                let with_bound = [labels.as_slice(), &["le".to_owned()]].concat();
                metrics.insert(format!("{name}_bucket"), with_bound);
            } else if ["counter", "gauge"].contains(kind) {
                metrics.insert(name.to_owned(), labels);
            }
        }
        ensure!(!metrics.is_empty(), "docs/metrics.md describes no metric");
        Ok(Self(metrics))
    }

    /// The metrics; a histogram by its buckets alone.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| !name.ends_with("_seconds_sum") && !name.ends_with("_seconds_count"))
    }

    /// Whether every metric of the query is documented, and every label in its braces; gives how many metrics it names.
    pub(super) fn check(&self, query: &str) -> Result<usize> {
        let mut found = 0;
        let mut rest = query;
        while let Some(start) = rest.find("tlsmon_") {
            let (_, from) = rest.split_at(start);
            let end = from.find(|c: char| !is_name(c)).unwrap_or(from.len());
            let (name, behind) = from.split_at(end);
            self.check_one(name, behind)?;
            found += 1;
            rest = behind;
        }
        Ok(found)
    }

    fn check_one(&self, name: &str, behind: &str) -> Result<()> {
        let Some(labels) = self.0.get(name) else {
            bail!("{name} is not in docs/metrics.md");
        };
        let Some((braces, _)) = behind.strip_prefix('{').and_then(|b| b.split_once('}')) else {
            return Ok(());
        };
        for label in label_names(braces) {
            let is_of_target = OF_TARGET.contains(&label);
            if !is_of_target && !labels.iter().any(|known| known == label) {
                bail!("{name} has no label {label} in docs/metrics.md");
            }
        }
        Ok(())
    }

    /// The labels that some metric has.
    pub(super) fn is_label(&self, name: &str) -> bool {
        OF_TARGET.contains(&name) || self.0.values().flatten().any(|label| label == name)
    }
}

/// Labels that the scraper gives.
const OF_TARGET: [&str; 3] = ["instance", "job", "node"];

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The names before `=`, `!=`, `=~` and `!~`, outside of quotes.
fn label_names(braces: &str) -> impl Iterator<Item = &str> {
    let outside = braces.split('"').step_by(2);
    outside
        .filter_map(|part| part.split(['=', '!']).next())
        .map(|name| name.trim_matches([',', ' ']))
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Documented {
        Documented::from_page(
            "| `tlsmon_a_total` | counter | `endpoint`, `cause` | x | y |\n| `tlsmon_b_seconds` | histogram | `cause` | x | y |\n| Who? | `tlsmon_c` |",
        )
        .unwrap()
    }

    #[test]
    fn a_query_of_documented_metrics_and_labels_passes() {
        let query = r#"rate(tlsmon_a_total{cause=~"a,b!c=d", endpoint!="x", instance="n"}[5m]) / tlsmon_b_seconds_bucket{le="1"}"#;
        assert_eq!(page().check(query).unwrap(), 2);
    }

    #[test]
    fn a_metric_or_label_that_no_page_describes_is_told() {
        for (query, told) in [
            ("tlsmon_b_seconds", "tlsmon_b_seconds is not"),
            ("tlsmon_c", "tlsmon_c is not"),
            (
                r#"tlsmon_a_total{cause="x", client="y"}"#,
                "no label client",
            ),
        ] {
            let error = page().check(query).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
