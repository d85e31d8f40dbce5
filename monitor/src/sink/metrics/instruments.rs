//! Every metric as the prometheus library knows it.

use prometheus::core::Collector;
use prometheus::{
    Error, Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use super::family::{self, Family, Kind};
use super::{Flows, KernelSnapshot, labels};
use crate::report::SCHEMA;

/// One field for each [`Family`].
#[derive(Debug)]
pub(super) struct Instruments {
    pub handshakes: IntCounterVec,
    pub handshake_failures: IntCounterVec,
    pub revisions: IntCounterVec,
    pub client_hellos: IntCounterVec,
    pub negotiated: IntCounterVec,
    pub alerts: IntCounterVec,
    pub handshake_duration: HistogramVec,
    pub failure_delay: HistogramVec,
    pub certificate_not_after: IntGaugeVec,
    pub top_failing: IntGaugeVec,
    pub kernel_packets: IntCounterVec,
    pub lost: IntCounterVec,
    pub flows: IntGaugeVec,
    pub ring_fill_ratio: Gauge,
    pub sample_rate: IntGauge,
    pub interfaces: IntGaugeVec,
    pub interfaces_unwatched: IntGaugeVec,
    pub hooks: IntGaugeVec,
    pub label_overflow: IntCounterVec,
    pub kubernetes_watch_up: IntGaugeVec,
    pub kubernetes_objects: IntGaugeVec,
    pub kubernetes_troubles: IntCounterVec,
}

impl Instruments {
    /// All of them, in the registry, those of closed sets at zero.
    pub(super) fn register(registry: &Registry, version: &str) -> Result<Self, Error> {
        let instruments = Self {
            handshakes: counters(registry, family::HANDSHAKES)?,
            handshake_failures: counters(registry, family::HANDSHAKE_FAILURES)?,
            revisions: counters(registry, family::REVISIONS)?,
            client_hellos: counters(registry, family::CLIENT_HELLOS)?,
            negotiated: counters(registry, family::NEGOTIATED)?,
            alerts: counters(registry, family::ALERTS)?,
            handshake_duration: histograms(registry, family::HANDSHAKE_DURATION)?,
            failure_delay: histograms(registry, family::FAILURE_DELAY)?,
            certificate_not_after: gauges(registry, family::CERTIFICATE_NOT_AFTER)?,
            top_failing: gauges(registry, family::TOP_FAILING)?,
            kernel_packets: counters(registry, family::KERNEL_PACKETS)?,
            lost: counters(registry, family::LOST)?,
            flows: gauges(registry, family::FLOWS)?,
            ring_fill_ratio: registered(
                registry,
                Gauge::with_opts(options(family::RING_FILL_RATIO)),
            )?,
            sample_rate: registered(registry, IntGauge::with_opts(options(family::SAMPLE_RATE)))?,
            interfaces: gauges(registry, family::INTERFACES)?,
            interfaces_unwatched: gauges(registry, family::INTERFACES_UNWATCHED)?,
            hooks: gauges(registry, family::HOOKS)?,
            label_overflow: counters(registry, family::LABEL_OVERFLOW)?,
            kubernetes_watch_up: gauges(registry, family::KUBERNETES_WATCH_UP)?,
            kubernetes_objects: gauges(registry, family::KUBERNETES_OBJECTS)?,
            kubernetes_troubles: counters(registry, family::KUBERNETES_TROUBLES)?,
        };
        let build_info = gauges(registry, family::BUILD_INFO)?;
        build_info.with_label_values(&[version, SCHEMA]).set(1);
        instruments.begin_at_zero();
        Ok(instruments)
    }

    /// An alert on a counter needs the zero before the first increment.
    fn begin_at_zero(&self) {
        let nothing = KernelSnapshot::default();
        nothing.record(&nothing, self);
        Flows::default().record(self);
        for overflow in labels::Overflow::ALL {
            self.label_overflow.with_label_values(&[overflow.label()]);
        }
    }
}

fn options(family: Family) -> Opts {
    Opts::new(family.name, family.help)
}

fn counters(registry: &Registry, family: Family) -> Result<IntCounterVec, Error> {
    registered(registry, IntCounterVec::new(options(family), family.labels))
}

fn gauges(registry: &Registry, family: Family) -> Result<IntGaugeVec, Error> {
    registered(registry, IntGaugeVec::new(options(family), family.labels))
}

fn histograms(registry: &Registry, family: Family) -> Result<HistogramVec, Error> {
    let mut options = HistogramOpts::new(family.name, family.help);
    if let Kind::Histogram(bounds) = family.kind {
        options = options.buckets(bounds.to_vec());
    }
    registered(registry, HistogramVec::new(options, family.labels))
}

fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    made: Result<C, Error>,
) -> Result<C, Error> {
    let collector = made?;
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
