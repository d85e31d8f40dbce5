//! The metrics by name: what docs/metrics.md describes, and dashboards and alerts refer to.

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Observations in buckets up to these bounds.
    Histogram(&'static [f64]),
}

/// One metric and the labels of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// The full name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
}

/// Seconds: network round trips, and the server's work in between.
const PHASES: Kind = Kind::Histogram(&[0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0]);
/// Seconds: a reset comes at once, a timeout after many seconds.
const DELAYS: Kind = Kind::Histogram(&[0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0]);

macro_rules! families {
    ($($constant:ident: $kind:expr, $name:literal, [$($label:literal),*], $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Family = Family { name: $name, kind: $kind, labels: &[$($label),*], help: $help };
        )+
        /// Every metric.
        pub const ALL: &[Family] = &[$($constant),+];
    };
}

families! {
    HANDSHAKES: Kind::Counter, "tlsmon_handshakes_total", ["endpoint", "direction", "outcome"],
        "Handshakes by what became of them, scaled by the sample rate.";
    HANDSHAKE_FAILURES: Kind::Counter, "tlsmon_handshake_failures_total",
        ["endpoint", "direction", "cause", "stage", "ended_by", "ended_how"],
        "Failed handshakes by cause, scaled by the sample rate.";
    REVISIONS: Kind::Counter, "tlsmon_revisions_total", ["cause", "was"],
        "Verdicts that later handshakes have changed, by the cause said now and the one said before, not scaled.";
    CLIENT_HELLOS: Kind::Counter, "tlsmon_client_hellos_total", ["endpoint", "sni"],
        "ClientHellos by what was seen of the server name, scaled by the sample rate.";
    NEGOTIATED: Kind::Counter, "tlsmon_negotiated_total", ["endpoint", "version", "cipher_suite", "group"],
        "Established handshakes by what the server chose, scaled by the sample rate.";
    ALERTS: Kind::Counter, "tlsmon_alerts_total", ["from", "level", "description"],
        "TLS alerts seen, scaled by the sample rate.";
    HANDSHAKE_DURATION: PHASES, "tlsmon_handshake_duration_seconds", ["endpoint", "phase"],
        "How long a phase of the handshake took, not scaled.";
    FAILURE_DELAY: DELAYS, "tlsmon_failure_delay_seconds", ["cause"],
        "Time from the ClientHello, else the SYN, to the end of a failed handshake, not scaled.";
    CERTIFICATE_NOT_AFTER: Kind::Gauge, "tlsmon_certificate_not_after_seconds", ["endpoint", "name"],
        "When the certificate last seen for a name expires, seconds since the Unix epoch.";
    TOP_FAILING: Kind::Gauge, "tlsmon_top_failing", ["kind", "value", "cause"],
        "Failures in this hour and the one before by who failed most, scaled by the sample rate.";
    KERNEL_PACKETS: Kind::Counter, "tlsmon_kernel_packets_total", ["verdict"],
        "Packets by what the kernel programs did with them.";
    LOST: Kind::Counter, "tlsmon_lost_total", ["where", "reason"],
        "What was not seen, by where it was lost and why.";
    FLOWS: Kind::Gauge, "tlsmon_flows", ["state"],
        "Flows held in user space.";
    RING_FILL_RATIO: Kind::Gauge, "tlsmon_ring_fill_ratio", [],
        "How full the ring buffer between kernel and user space is, 0 to 1.";
    SAMPLE_RATE: Kind::Gauge, "tlsmon_sample_rate", [],
        "One in how many flows is watched; 0 before capture is attached.";
    INTERFACES: Kind::Gauge, "tlsmon_interfaces", ["attach"],
        "Interfaces attached, by the way of attaching.";
    INTERFACES_UNWATCHED: Kind::Gauge, "tlsmon_interfaces_unwatched", ["reason"],
        "Interfaces that are wanted and not attached, by the reason.";
    HOOKS: Kind::Gauge, "tlsmon_hooks", ["direction", "state"],
        "Hooks of attached interfaces, by whether the program there is seen to run.";
    LABEL_OVERFLOW: Kind::Counter, "tlsmon_label_overflow_total", ["label"],
        "Handshakes counted under other because a bound on labels was reached.";
    KUBERNETES_WATCH_UP: Kind::Gauge, "tlsmon_kubernetes_watch_up", ["kind"],
        "Whether the Kubernetes API tells of changes as they happen.";
    KUBERNETES_OBJECTS: Kind::Gauge, "tlsmon_kubernetes_objects", ["kind"],
        "Objects of the Kubernetes API that names are taken from.";
    KUBERNETES_TROUBLES: Kind::Counter, "tlsmon_kubernetes_troubles_total", ["kind", "reason"],
        "Lists and watches of the Kubernetes API that failed, by why.";
    BUILD_INFO: Kind::Gauge, "tlsmon_build_info", ["version", "schema"],
        "Always 1; the labels say which build this is.";
}
