//! What the dashboard shows: its panels, row by row.

/// How a panel draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Lines over time.
    Lines,
    /// Areas on top of each other, over time.
    Stack,
    /// The values of now, largest first.
    Table,
    /// A histogram over time.
    HeatMap,
    /// One number.
    Number,
}

/// One panel: a question, and the query that answers it.
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) shape: Shape,
    pub(super) unit: &'static str,
    /// The name of each series.
    pub(super) legend: &'static str,
    pub(super) query: &'static str,
}

/// A row of panels that share its width.
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) height: u32,
    pub(super) panels: &'static [Panel],
}

const fn panel(
    shape: Shape,
    title: &'static str,
    unit: &'static str,
    (legend, query): (&'static str, &'static str),
    about: &'static str,
) -> Panel {
    Panel {
        title,
        about,
        shape,
        unit,
        legend,
        query,
    }
}

pub(super) const ROWS: &[Row] = &[
    Row {
        title: "Failures",
        height: 8,
        panels: &[
            panel(
                Shape::Stack,
                "Failures by cause",
                "cps",
                (
                    "{{cause}}",
                    r#"sum by (cause) (rate(tlsmon_handshake_failures_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "tlsmon explain CAUSE says what each means and what to do.",
            ),
            panel(
                Shape::Lines,
                "Share of handshakes that fail, by endpoint",
                "percentunit",
                (
                    "{{endpoint}} {{direction}}",
                    r#"sum by (endpoint, direction) (rate(tlsmon_handshakes_total{outcome="failed", endpoint=~"$endpoint"}[$__rate_interval])) / sum by (endpoint, direction) (rate(tlsmon_handshakes_total{outcome=~"failed|established", endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "Probes, foreign protocols and handshakes that were seen in part do not count.",
            ),
            panel(
                Shape::Stack,
                "Who ended it, and how",
                "cps",
                (
                    "{{ended_by}} {{ended_how}}",
                    r#"sum by (ended_by, ended_how) (rate(tlsmon_handshake_failures_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "Failed handshakes by the side that ended them: RST, FIN, alert or silence.",
            ),
        ],
    },
    Row {
        title: "Who and when",
        height: 9,
        panels: &[
            panel(
                Shape::Table,
                "Clients that fail most",
                "short",
                (
                    "{{value}}",
                    r#"topk(20, sum by (value, cause) (tlsmon_top_failing{kind="client"}))"#,
                ),
                "In this hour and the one before, on all endpoints.",
            ),
            panel(
                Shape::Table,
                "Server names that fail most",
                "short",
                (
                    "{{value}}",
                    r#"topk(20, sum by (value, cause) (tlsmon_top_failing{kind="sni"}))"#,
                ),
                "In this hour and the one before, on all endpoints.",
            ),
            panel(
                Shape::HeatMap,
                "Failures by their delay",
                "s",
                (
                    "{{le}}",
                    "sum by (le) (increase(tlsmon_failure_delay_seconds_bucket[$__rate_interval]))",
                ),
                "From the ClientHello, else the SYN, to the end. Within a millisecond it is a refusal, after many seconds a timeout.",
            ),
        ],
    },
    Row {
        title: "What is spoken",
        height: 8,
        panels: &[
            panel(
                Shape::Stack,
                "Handshakes by outcome",
                "cps",
                (
                    "{{outcome}}",
                    r#"sum by (outcome) (rate(tlsmon_handshakes_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "A probe is a connection in which the client says nothing, as health checks do.",
            ),
            panel(
                Shape::Stack,
                "Versions",
                "cps",
                (
                    "{{version}}",
                    r#"sum by (version) (rate(tlsmon_negotiated_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "Of established handshakes.",
            ),
            panel(
                Shape::Stack,
                "Cipher suites",
                "cps",
                (
                    "{{cipher_suite}}",
                    r#"sum by (cipher_suite) (rate(tlsmon_negotiated_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "Of established handshakes.",
            ),
            panel(
                Shape::Stack,
                "Server names in hellos",
                "cps",
                (
                    "{{sni}}",
                    r#"sum by (sni) (rate(tlsmon_client_hellos_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "absent: the client sent no server name. unseen: the capture missed that part.",
            ),
        ],
    },
    Row {
        title: "Certificates and time",
        height: 8,
        panels: &[
            panel(
                Shape::Table,
                "Certificates that expire first",
                "s",
                (
                    "{{endpoint}} {{name}}",
                    r#"bottomk(20, max by (endpoint, name) (tlsmon_certificate_not_after_seconds{endpoint=~"$endpoint"}) - time())"#,
                ),
                "Time left. Only certificates that were sent in the clear: TLS 1.2 and before.",
            ),
            panel(
                Shape::Lines,
                "95 % of the phases of a handshake are faster than this",
                "s",
                (
                    "{{phase}}",
                    r#"histogram_quantile(0.95, sum by (le, phase) (rate(tlsmon_handshake_duration_seconds_bucket{endpoint=~"$endpoint"}[$__rate_interval])))"#,
                ),
                "connect: SYN to SYN/ACK. server_hello: ClientHello to ServerHello. finished: from there to the last Finished.",
            ),
        ],
    },
    Row {
        title: "tlsmon itself",
        height: 6,
        panels: &[
            panel(
                Shape::Number,
                "Nodes that watch",
                "short",
                ("", "count(sum by (instance) (tlsmon_interfaces) > 0)"),
                "tlsmon is attached to at least one interface there.",
            ),
            panel(
                Shape::Lines,
                "Lost",
                "cps",
                (
                    "{{where}} {{reason}}",
                    r#"sum by (where, reason) (rate(tlsmon_lost_total{reason!="unsampled"}[$__rate_interval]))"#,
                ),
                "What was not seen, by where it was lost and why; docs/metrics.md has the reasons.",
            ),
            panel(
                Shape::Lines,
                "Packets in the kernel",
                "pps",
                (
                    "{{verdict}}",
                    "sum by (verdict) (rate(tlsmon_kernel_packets_total[$__rate_interval]))",
                ),
                "Seen by the programs, sent to user space, skipped because they did not matter.",
            ),
            panel(
                Shape::Lines,
                "Fullest ring",
                "percentunit",
                ("{{instance}}", "max by (instance) (tlsmon_ring_fill_ratio)"),
                "At 100 % packets are lost.",
            ),
            panel(
                Shape::Lines,
                "Flows held",
                "short",
                ("{{state}}", "sum by (state) (tlsmon_flows)"),
                "open: not decided yet. decided: held to recognise what still comes.",
            ),
        ],
    },
];
