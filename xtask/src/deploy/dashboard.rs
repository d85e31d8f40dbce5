//! The Grafana dashboard, as JSON, from the list of its panels.

use serde_json::{Value, json};

use super::panels::{Panel, ROWS, Row, Shape};

/// Grafana's grid is this wide.
const WIDTH: u32 = 24;

/// The dashboard as Grafana imports it.
pub(super) fn text() -> String {
    format!("{:#}\n", dashboard())
}

fn dashboard() -> Value {
    json!({
        "uid": "tlsmon-overview",
        "title": "tlsmon: TLS handshakes",
        "description": "Which handshakes fail, why, and who ended them. Made by cargo xtask generate deploy.",
        "tags": ["tlsmon", "tls"],
        "schemaVersion": 39,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": variables() },
        "panels": panels(),
    })
}

fn variables() -> Value {
    json!([
        { "type": "datasource", "name": "source", "label": "Data source", "query": "prometheus" },
        {
            "type": "query",
            "name": "endpoint",
            "label": "Endpoint",
            "datasource": source(),
            "query": { "query": "label_values(tlsmon_handshakes_total, endpoint)", "refId": "endpoint" },
            "refresh": 2,
            "sort": 1,
            "multi": true,
            "includeAll": true,
            "allValue": ".*",
            "current": { "text": "All", "value": "$__all" },
        },
    ])
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${source}" })
}

fn panels() -> Vec<Value> {
    let mut all = Vec::new();
    let mut top = 0;
    for row in ROWS {
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
        "fieldConfig": { "defaults": { "unit": panel.unit, "custom": custom(panel.shape) }, "overrides": [] },
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
        for row in ROWS {
            assert_eq!(places(row).map(|(_, width)| width).sum::<u32>(), WIDTH);
        }
        let ids: std::collections::BTreeSet<_> =
            panels().iter().map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels().len());
    }
}
