//! The Grafana dashboards, as JSON, from the lists of their panels.

use serde_json::{Value, json};

use super::panels::{Panel, Row, Shape, endpoint, overview};

/// Grafana's grid is this wide.
const WIDTH: u32 = 24;

/// The identifier of the dashboard of one endpoint, to which others lead.
const OF_ENDPOINT: &str = "tlsmon-endpoint";

/// A dashboard.
pub(super) struct Dashboard {
    uid: &'static str,
    title: &'static str,
    about: &'static str,
    pub(super) rows: &'static [Row],
    /// Whether it shows one endpoint, and not any number of them.
    one_endpoint: bool,
    /// What its link to the other dashboard says, and which that is.
    link: (&'static str, &'static str),
}

const OVERVIEW: Dashboard = Dashboard {
    uid: "tlsmon-overview",
    title: "tlsmon: TLS handshakes",
    about: "Which handshakes fail, why, and who ended them. Made by cargo xtask generate deploy.",
    rows: overview::ROWS,
    one_endpoint: false,
    link: ("One endpoint", OF_ENDPOINT),
};

const ENDPOINT: Dashboard = Dashboard {
    uid: OF_ENDPOINT,
    title: "tlsmon: one endpoint",
    about: "What fails at one endpoint, and what it speaks with those who succeed. Made by cargo xtask generate deploy.",
    rows: endpoint::ROWS,
    one_endpoint: true,
    link: ("All endpoints", OVERVIEW.uid),
};

pub(super) const ALL: [&Dashboard; 2] = [&OVERVIEW, &ENDPOINT];

impl Dashboard {
    /// Its file, under `deploy/`.
    pub(super) fn file(&self) -> String {
        format!("grafana/{}.json", self.uid)
    }

    pub(super) fn panels(&self) -> impl Iterator<Item = &'static Panel> {
        self.rows.iter().flat_map(|row| row.panels)
    }

    /// As Grafana imports it.
    pub(super) fn text(&self) -> String {
        format!("{:#}\n", self.json())
    }

    fn json(&self) -> Value {
        json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["tlsmon", "tls"],
            "schemaVersion": 39,
            "editable": true,
            "graphTooltip": 1,
            "refresh": "1m",
            "time": { "from": "now-6h", "to": "now" },
            "links": [self.link()],
            "templating": { "list": self.variables() },
            "panels": placed(self.rows),
        })
    }

    /// Leads to the other dashboard, with the same source and time.
    fn link(&self) -> Value {
        let (title, uid) = self.link;
        json!({
            "type": "link",
            "title": title,
            "tooltip": "",
            "icon": "dashboard",
            "tags": [],
            "asDropdown": false,
            "url": address(uid, ""),
            "keepTime": true,
            "includeVars": false,
            "targetBlank": false,
        })
    }

    fn variables(&self) -> Value {
        let several = !self.one_endpoint;
        let mut endpoint = json!({
            "type": "query",
            "name": "endpoint",
            "label": "Endpoint",
            "datasource": source(),
            "query": { "query": "label_values(tlsmon_handshakes_total, endpoint)", "refId": "endpoint" },
            "refresh": 2,
            "sort": 1,
            "multi": several,
            "includeAll": several,
        });
        if let Some(fields) = endpoint.as_object_mut().filter(|_| several) {
            let all = json!({ "text": "All", "value": "$__all" });
            fields.extend([("allValue".into(), ".*".into()), ("current".into(), all)]);
        }
        json!([
            { "type": "datasource", "name": "source", "label": "Data source", "query": "prometheus" },
            endpoint,
        ])
    }
}

/// A dashboard's address, with the data source that is chosen here, and more variables.
fn address(uid: &str, more: &str) -> String {
    format!("/d/{uid}?${{source:queryparam}}{more}")
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${source}" })
}

fn placed(rows: &[Row]) -> Vec<Value> {
    let mut all = Vec::new();
    let mut top = 0;
    for row in rows {
        all.push(json!({
            "id": all.len() + 1,
            "type": "row",
            "title": row.title,
            "collapsed": false,
            "panels": [],
            "gridPos": { "x": 0, "y": top, "w": WIDTH, "h": 1 },
        }));
        top += 1;
        for (panel, (left, width)) in row.panels.iter().zip(places(row)) {
            let place = json!({ "x": left, "y": top, "w": width, "h": row.height });
            all.push(drawn(panel, all.len() + 1, &place));
        }
        top += row.height;
    }
    all
}

/// Where each panel of a row begins, and how wide it is; the last ones take what the division leaves.
fn places(row: &Row) -> impl Iterator<Item = (u32, u32)> {
    let count = u32::try_from(row.panels.len()).unwrap_or(WIDTH).max(1);
    let edge = move |index: u32| index * WIDTH / count;
    (0..count).map(move |index| (edge(index), edge(index + 1) - edge(index)))
}

fn drawn(panel: &Panel, id: usize, place: &Value) -> Value {
    let at_once = matches!(panel.shape, Shape::Table | Shape::Number);
    json!({
        "id": id,
        "gridPos": place,
        "type": kind(panel.shape),
        "title": panel.title,
        "description": panel.about,
        "datasource": source(),
        "targets": [{
            "refId": "A",
            "datasource": source(),
            "expr": panel.query,
            "legendFormat": panel.legend,
            "instant": at_once,
            "range": !at_once,
            "format": match panel.shape {
                Shape::Table => "table",
                Shape::HeatMap => "heatmap",
                _ => "time_series",
            },
        }],
        "fieldConfig": {
            "defaults": { "unit": panel.unit, "custom": custom(panel.shape), "links": links(panel) },
            "overrides": [],
        },
        "options": options(panel),
        "transformations": transformations(panel.shape),
    })
}

fn kind(shape: Shape) -> &'static str {
    match shape {
        Shape::Lines | Shape::Stack => "timeseries",
        Shape::Table => "table",
        Shape::HeatMap => "heatmap",
        Shape::Number => "stat",
    }
}

fn custom(shape: Shape) -> Value {
    match shape {
        Shape::Stack => json!({ "fillOpacity": 40, "stacking": { "mode": "normal" } }),
        Shape::Lines => json!({ "fillOpacity": 0 }),
        _ => json!({}),
    }
}

fn options(panel: &Panel) -> Value {
    match panel.shape {
        Shape::HeatMap => json!({
            "calculate": false,
            "yAxis": { "unit": panel.unit },
            "cellValues": { "unit": "short" },
            "color": { "mode": "scheme", "scheme": "Oranges", "steps": 64 },
        }),
        Shape::Table => {
            json!({ "sortBy": [{ "displayName": "Value", "desc": !panel.query.starts_with("bottomk") }] })
        }
        Shape::Number => json!({ "reduceOptions": { "calcs": ["lastNotNull"] } }),
        Shape::Lines | Shape::Stack => json!({ "tooltip": { "mode": "multi", "sort": "desc" } }),
    }
}

/// Where the panel's series name an endpoint: to the dashboard of the one that is clicked, for the time shown.
fn links(panel: &Panel) -> Value {
    if !panel.legend.contains("{{endpoint}}") {
        return json!([]);
    }
    let endpoint = match panel.shape {
        Shape::Table => "${__data.fields.endpoint}",
        _ => "${__field.labels.endpoint}",
    };
    let more = format!("&var-endpoint={endpoint}&${{__url_time_range}}");
    json!([{ "title": "This endpoint", "url": address(OF_ENDPOINT, &more) }])
}

fn transformations(shape: Shape) -> Value {
    match shape {
        Shape::Table => {
            json!([{ "id": "organize", "options": { "excludeByName": { "Time": true } } }])
        }
        _ => json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_fills_the_width_and_no_two_panels_share_an_identifier() {
        for dashboard in ALL {
            for row in dashboard.rows {
                assert_eq!(places(row).map(|(_, width)| width).sum::<u32>(), WIDTH);
            }
            let placed = placed(dashboard.rows);
            let ids: std::collections::BTreeSet<_> =
                placed.iter().map(|panel| panel["id"].as_u64()).collect();
            assert_eq!(ids.len(), placed.len());
        }
    }

    #[test]
    fn the_dashboards_lead_to_each_other_and_each_series_of_an_endpoint_leads_to_its_own() {
        let uids = ALL.map(|dashboard| dashboard.uid);
        for dashboard in ALL {
            let (_, other) = dashboard.link;
            assert!(other != dashboard.uid && uids.contains(&other), "{other}");
        }
        let url = |panel: &Panel| links(panel)[0]["url"].as_str().map(str::to_owned);
        let urls: Vec<_> = OVERVIEW.panels().filter_map(url).collect();
        assert!(urls.len() > 1, "{urls:?}");
        for url in urls {
            assert!(
                url.starts_with("/d/tlsmon-endpoint?${source:queryparam}&var-endpoint=${__"),
                "{url}"
            );
        }
    }
}
