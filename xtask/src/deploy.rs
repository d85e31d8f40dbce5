//! What a cluster installs (`deploy/`): the files that are made from others, and whether all of them are good.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{paths, say};

mod alerts;
mod dashboard;
#[cfg(test)]
mod documented;
pub mod manifests;
mod panels;
pub mod rules;

fn folder() -> PathBuf {
    paths::root().join("deploy")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Every file that is made from others, and what it should hold.
fn made() -> Result<Vec<(PathBuf, String)>> {
    let rules = read(&rules::file())?;
    let objects = alerts::OBJECTS
        .iter()
        .map(|object| (folder().join(object.file), object.text(&rules)));
    let dashboards = dashboard::ALL
        .iter()
        .map(|dashboard| (folder().join(dashboard.file()), dashboard.text()));
    Ok(objects.chain(dashboards).collect())
}

/// Writes the files that are made from others.
pub fn generate() -> Result<()> {
    for (path, text) in made()? {
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            say::note(format_args!("{} is new", path.display()));
        }
    }
    Ok(())
}

/// Whether those files hold what they should.
pub fn up_to_date() -> Result<()> {
    for (path, text) in made()? {
        if read(&path)? != text {
            bail!(
                "{} is not what it is made from\nhelp: cargo xtask generate deploy",
                path.display()
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documented() -> documented::Documented {
        let page = read(&paths::root().join("docs/metrics.md")).unwrap();
        documented::Documented::from_page(&page).unwrap()
    }

    fn panels() -> impl Iterator<Item = &'static panels::Panel> {
        dashboard::ALL
            .iter()
            .flat_map(|dashboard| dashboard.panels())
    }

    #[test]
    fn files_made_from_others_are_up_to_date() {
        up_to_date().unwrap();
    }

    #[test]
    fn every_panel_asks_for_documented_metrics_and_names_its_series_by_labels_of_theirs() {
        let documented = documented();
        for panel in panels() {
            let found = documented.check(panel.query).expect(panel.title);
            assert!(found > 0, "{} asks for nothing", panel.title);
            let names = panel.legend.split("{{").skip(1);
            for label in names.filter_map(|rest| rest.split("}}").next()) {
                let known = label == "le" || documented.is_label(label);
                assert!(known, "{}: no label {label}", panel.title);
            }
        }
    }

    #[test]
    fn every_documented_metric_is_on_a_dashboard() {
        let queries: Vec<_> = panels().map(|panel| panel.query).collect();
        for metric in documented().names() {
            assert!(
                queries.iter().any(|query| query.contains(metric)),
                "no panel shows {metric}"
            );
        }
    }

    #[test]
    fn every_alert_asks_for_documented_metrics() {
        let text = read(&rules::file()).unwrap();
        let expressions: String = text
            .lines()
            .filter(|line| !line.contains("description:") && !line.contains("summary:"))
            .filter(|line| !line.trim_start().starts_with('#') && !line.contains("name: tlsmon"))
            .collect::<Vec<_>>()
            .join("\n");
        assert!(documented().check(&expressions).unwrap() > 10);
    }

    #[test]
    fn every_alert_says_how_bad_it_is_and_leads_to_a_page_that_is_there() {
        let text = read(&rules::file()).unwrap();
        let count = |what: &str| text.matches(what).count();
        let alerts = count("- alert:");
        assert!(alerts > 5);
        assert_eq!(count("severity:"), alerts);
        assert_eq!(count("runbook_url:"), alerts);
        for page in text.lines().filter_map(|line| {
            let (_, url) = line.split_once("runbook_url: ")?;
            Some(url.strip_prefix(rules::PLACEHOLDER).expect(url))
        }) {
            let a_cause = "docs/causes/{{ $labels.cause }}.md";
            assert!(
                page == a_cause || paths::root().join(page).is_file(),
                "no page {page}"
            );
        }
    }
}
