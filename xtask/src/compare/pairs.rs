//! Which report is about the stream of which row.

use serde_json::Value;

use super::values::at;

/// For each row the report about the same stream, if there is one: the same ends, and begun at nearly the same time. The
/// peers may take the one end for the client and tlsmon the other.
pub(super) fn of<'a>(
    rows: &'a [Value],
    reports: &'a [Value],
) -> Vec<(&'a Value, Option<&'a Value>)> {
    let mut free: Vec<_> = reports.iter().collect();
    let mut pairs = Vec::new();
    for row in rows {
        let nearest = (0..free.len())
            .filter_map(|index| Some((distance(row, free.get(index)?)?, index)))
            .min_by(|(one, _), (other, _)| one.total_cmp(other));
        pairs.push((row, nearest.map(|(_, index)| free.remove(index))));
    }
    pairs
}

/// How far apart two streams with the same ends began, in seconds.
fn distance(row: &Value, report: &Value) -> Option<f64> {
    let row_ends = [
        at(row, "/client/ip"),
        at(row, "/client/port"),
        at(row, "/server/ip"),
        at(row, "/server/port"),
    ];
    let ends = ["client", "server"].map(|side| {
        [
            at(report, &format!("/{side}/address")),
            at(report, &format!("/{side}/port")),
        ]
    });
    let [client, server] = ends;
    let same = [client, server].concat().iter().eq(row_ends.iter());
    let turned = [server, client].concat().iter().eq(row_ends.iter());
    if at(row, "/transport") != at(report, "/transport") || !(same || turned) {
        return None;
    }
    let begun: f64 = at(row, "/first_time").as_str()?.parse().ok()?;
    let time: jiff::Timestamp = at(report, "/time").as_str()?.parse().ok()?;
    let turned_round = if same { 0.0 } else { 1e6 };
    Some((time.as_duration().as_secs_f64() - begun).abs() + turned_round)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(port: u16, time: &str) -> Value {
        let (client, server) = (
            json!({"ip": "192.0.2.1", "port": port}),
            json!({"ip": "192.0.2.2", "port": 443}),
        );
        json!({"transport": "tcp", "first_time": time, "client": client, "server": server})
    }

    fn report(port: u16, time: &str) -> Value {
        let peer = |address: &str, port: u16| json!({"address": address, "port": port});
        json!({"transport": "tcp", "time": time, "client": peer("192.0.2.1", port), "server": peer("192.0.2.2", 443)})
    }

    #[test]
    fn ports_that_are_used_again_are_told_by_the_time() {
        let rows = [row(1000, "20.5"), row(1000, "3.25"), row(1001, "3.25")];
        let reports = [
            report(1000, "1970-01-01T00:00:03.250000Z"),
            report(1000, "1970-01-01T00:00:20.500000Z"),
        ];
        let pairs = of(&rows, &reports);
        let found: Vec<_> = pairs.iter().map(|(_, report)| *report).collect();
        assert_eq!(found, [Some(&reports[1]), Some(&reports[0]), None]);
    }
}
