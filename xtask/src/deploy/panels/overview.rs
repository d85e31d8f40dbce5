//! For whoever is on call: which handshakes fail, why and whose they are, and whether tlsmon sees all of them.

use super::{Row, Shape, panel};

pub(in super::super) const ROWS: &[Row] = &[
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
                "Probes, foreign protocols and handshakes that were seen in part do not count. A click on a line leads to the endpoint.",
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
        title: "Where, who and when",
        height: 9,
        panels: &[
            panel(
                Shape::Table,
                "Endpoints that fail most",
                "short",
                (
                    "{{endpoint}} {{direction}}",
                    r#"topk(20, sum by (endpoint, direction) (increase(tlsmon_handshakes_total{outcome="failed", endpoint=~"$endpoint"}[$__range])) > 0)"#,
                ),
                "In the time shown. A click on one leads to its dashboard.",
            ),
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
        title: "What is said",
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
                "Server names in hellos",
                "cps",
                (
                    "{{sni}}",
                    r#"sum by (sni) (rate(tlsmon_client_hellos_total{endpoint=~"$endpoint"}[$__rate_interval]))"#,
                ),
                "absent: the client sent no server name. unseen: the capture missed that part.",
            ),
            panel(
                Shape::Stack,
                "Alerts",
                "cps",
                (
                    "{{from}} {{level}} {{description}}",
                    "sum by (from, level, description) (rate(tlsmon_alerts_total[$__rate_interval]))",
                ),
                "On all endpoints. What is sent encrypted is counted as that: TLS 1.3 hides what it says.",
            ),
            panel(
                Shape::Table,
                "Fingerprints that fail most",
                "short",
                (
                    "{{value}}",
                    r#"topk(20, sum by (value, cause) (tlsmon_top_failing{kind="ja4"}))"#,
                ),
                "JA4: which client software it is, whatever its address. In this hour and the one before, on all endpoints.",
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
        title: "Certificates, and what was said differently later",
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
                "Verdicts that changed",
                "cps",
                (
                    "{{was}} is now {{cause}}",
                    "sum by (was, cause) (rate(tlsmon_revisions_total[$__rate_interval]))",
                ),
                "By what later handshakes showed. The same cause twice: it is surer now.",
            ),
        ],
    },
    Row {
        title: "Whether tlsmon sees all of it",
        height: 7,
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
                Shape::Stack,
                "Hooks",
                "short",
                (
                    "{{direction}} {{state}}",
                    "sum by (direction, state) (tlsmon_hooks)",
                ),
                "Whether the programs are seen to run. silent: packets pass and the program sees none of them. idle: nothing has passed.",
            ),
            panel(
                Shape::Lines,
                "Interfaces that are wanted and not watched",
                "short",
                (
                    "{{instance}} {{reason}}",
                    "sum by (instance, reason) (tlsmon_interfaces_unwatched)",
                ),
                "failed: the log says why the programs cannot be attached. limit: there are more than 1,024.",
            ),
        ],
    },
    Row {
        title: "What tlsmon holds",
        height: 7,
        panels: &[
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
            panel(
                Shape::Lines,
                "Counted under other",
                "cps",
                (
                    "{{label}}",
                    "sum by (label) (rate(tlsmon_label_overflow_total[$__rate_interval]))",
                ),
                "Handshakes without a label of their own, as a bound on labels was reached.",
            ),
        ],
    },
    Row {
        title: "Names, and what runs",
        height: 7,
        panels: &[
            panel(
                Shape::Lines,
                "Nodes without changes from Kubernetes",
                "short",
                (
                    "{{kind}}",
                    "count by (kind) (tlsmon_kubernetes_watch_up) - sum by (kind) (tlsmon_kubernetes_watch_up)",
                ),
                "There pods may go unnamed, or under the name that they had. Empty where there is no Kubernetes API to ask.",
            ),
            panel(
                Shape::Lines,
                "Objects that names are taken from",
                "short",
                ("{{kind}}", "sum by (kind) (tlsmon_kubernetes_objects)"),
                "Services and slices count once for each node that holds them.",
            ),
            panel(
                Shape::Lines,
                "Lists and watches that failed",
                "cps",
                (
                    "{{kind}} {{reason}}",
                    "sum by (kind, reason) (rate(tlsmon_kubernetes_troubles_total[$__rate_interval]))",
                ),
                "A few of cut and gone are usual.",
            ),
            panel(
                Shape::Lines,
                "One in how many flows is watched",
                "short",
                ("{{instance}}", "max by (instance) (tlsmon_sample_rate)"),
                "Above 1, counts of handshakes are estimates.",
            ),
            panel(
                Shape::Table,
                "Versions of tlsmon",
                "short",
                (
                    "{{version}} {{schema}}",
                    "count by (version, schema) (tlsmon_build_info)",
                ),
                "On how many nodes each runs.",
            ),
        ],
    },
];
