//! One endpoint: what fails there, since when, and what it speaks with those who succeed.

use super::{Row, Shape, panel};

pub(in super::super) const ROWS: &[Row] = &[
    Row {
        title: "How it is",
        height: 5,
        panels: &[
            panel(
                Shape::Number,
                "Share that fails",
                "percentunit",
                (
                    "{{direction}}",
                    r#"sum by (direction) (increase(tlsmon_handshakes_total{outcome="failed", endpoint="$endpoint"}[$__range])) / sum by (direction) (increase(tlsmon_handshakes_total{outcome=~"failed|established", endpoint="$endpoint"}[$__range]))"#,
                ),
                "Of the handshakes in the time shown. Probes, foreign protocols and handshakes that were seen in part do not count.",
            ),
            panel(
                Shape::Number,
                "Failed",
                "short",
                (
                    "{{direction}}",
                    r#"sum by (direction) (increase(tlsmon_handshakes_total{outcome="failed", endpoint="$endpoint"}[$__range]))"#,
                ),
                "In the time shown.",
            ),
            panel(
                Shape::Number,
                "Established",
                "short",
                (
                    "{{direction}}",
                    r#"sum by (direction) (increase(tlsmon_handshakes_total{outcome="established", endpoint="$endpoint"}[$__range]))"#,
                ),
                "In the time shown.",
            ),
            panel(
                Shape::Number,
                "First certificate expires in",
                "s",
                (
                    "",
                    r#"min(max by (name) (tlsmon_certificate_not_after_seconds{endpoint="$endpoint"})) - time()"#,
                ),
                "Only certificates that were sent in the clear: TLS 1.2 and before.",
            ),
        ],
    },
    Row {
        title: "Failures",
        height: 9,
        panels: &[
            panel(
                Shape::Stack,
                "Failures by cause",
                "cps",
                (
                    "{{cause}}",
                    r#"sum by (cause) (rate(tlsmon_handshake_failures_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "tlsmon explain CAUSE says what each means and what to do. Who failed is in tlsmon's log; the tables of the overview are of all endpoints.",
            ),
            panel(
                Shape::Stack,
                "Who ended it, how, and at which stage",
                "cps",
                (
                    "{{ended_by}} {{ended_how}} at {{stage}}",
                    r#"sum by (ended_by, ended_how, stage) (rate(tlsmon_handshake_failures_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "The side that ended failed handshakes: RST, FIN, alert or silence; and how far they had come.",
            ),
            panel(
                Shape::Table,
                "Failures in the time shown",
                "short",
                (
                    "{{cause}}",
                    r#"sort_desc(sum by (cause, direction, stage, ended_by, ended_how) (increase(tlsmon_handshake_failures_total{endpoint="$endpoint"}[$__range])) > 0)"#,
                ),
                "Each way to fail, and how often.",
            ),
        ],
    },
    Row {
        title: "Handshakes",
        height: 8,
        panels: &[
            panel(
                Shape::Stack,
                "Handshakes by outcome",
                "cps",
                (
                    "{{direction}} {{outcome}}",
                    r#"sum by (direction, outcome) (rate(tlsmon_handshakes_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "A probe is a connection in which the client says nothing, as health checks do.",
            ),
            panel(
                Shape::Stack,
                "Failures by the node that saw them",
                "cps",
                (
                    "{{instance}}",
                    r#"sum by (instance) (rate(tlsmon_handshakes_total{outcome="failed", endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "One node alone: its network or its pods. All of them: the endpoint.",
            ),
            panel(
                Shape::Stack,
                "Server names in hellos",
                "cps",
                (
                    "{{sni}}",
                    r#"sum by (sni) (rate(tlsmon_client_hellos_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "absent: the client sent no server name. unseen: the capture missed that part.",
            ),
        ],
    },
    Row {
        title: "What is spoken",
        height: 8,
        panels: &[
            panel(
                Shape::Stack,
                "Versions",
                "cps",
                (
                    "{{version}}",
                    r#"sum by (version) (rate(tlsmon_negotiated_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "Of established handshakes.",
            ),
            panel(
                Shape::Stack,
                "Cipher suites",
                "cps",
                (
                    "{{cipher_suite}}",
                    r#"sum by (cipher_suite) (rate(tlsmon_negotiated_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "Of established handshakes.",
            ),
            panel(
                Shape::Stack,
                "Groups",
                "cps",
                (
                    "{{group}}",
                    r#"sum by (group) (rate(tlsmon_negotiated_total{endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "Of the key exchange, in established handshakes. none: TLS 1.2 and before do not say it there.",
            ),
        ],
    },
    Row {
        title: "Time, and certificates",
        height: 9,
        panels: &[
            panel(
                Shape::HeatMap,
                "How long the server takes to answer a hello",
                "s",
                (
                    "{{le}}",
                    r#"sum by (le) (increase(tlsmon_handshake_duration_seconds_bucket{phase="server_hello", endpoint="$endpoint"}[$__rate_interval]))"#,
                ),
                "From the end of the ClientHello to the end of the ServerHello, network included.",
            ),
            panel(
                Shape::Lines,
                "95 % of the phases of a handshake are faster than this",
                "s",
                (
                    "{{phase}}",
                    r#"histogram_quantile(0.95, sum by (le, phase) (rate(tlsmon_handshake_duration_seconds_bucket{endpoint="$endpoint"}[$__rate_interval])))"#,
                ),
                "connect: SYN to SYN/ACK. server_hello: ClientHello to ServerHello. finished: from there to the last Finished.",
            ),
            panel(
                Shape::Table,
                "Certificates that expire first",
                "s",
                (
                    "{{name}}",
                    r#"bottomk(16, max by (name) (tlsmon_certificate_not_after_seconds{endpoint="$endpoint"}) - time())"#,
                ),
                "Time left, by the first name that each is for. Only certificates that were sent in the clear: TLS 1.2 and before.",
            ),
        ],
    },
];
