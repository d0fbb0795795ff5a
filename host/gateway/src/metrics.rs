//! What a platform team watches at the door.
//!
//! Labels come from closed sets: routes, classes of status, names of configured callers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::seats::Full;

/// Why a request could not be said to come from a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No `Authorization` header.
    Missing,
    /// It holds no bearer token.
    Malformed,
    /// It is nobody's token.
    Unknown,
}

/// The metrics of one gateway.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    connections: Gauge,
    streams: Gauge,
    turned_away: Family<FullLabels, Counter>,
    displaced: Counter,
    not_http: Counter,
    authentication_failures: Family<CauseLabels, Counter>,
    rate_limited: Family<CallerLabels, Counter>,
    panics: Counter,
    covered: Family<CoveredLabels, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabels {
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FullLabels {
    full: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallerLabels {
    caller: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CoveredLabels {
    layer: &'static str,
    kind: &'static str,
}

/// A connection that is served, or a stream that goes on.
pub(crate) struct Counted(Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("weft_http"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.000_01, 2.0, 20))
            }),
            connections: Gauge::default(),
            streams: Gauge::default(),
            turned_away: Family::default(),
            displaced: Counter::default(),
            not_http: Counter::default(),
            authentication_failures: Family::default(),
            rate_limited: Family::default(),
            panics: Counter::default(),
            covered: Family::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register(
            "requests",
            "Requests answered, by route and class of status",
            self.requests.clone(),
        );
        r.register_with_unit(
            "request",
            "Time from a request's header to its answer",
            Unit::Seconds,
            self.seconds.clone(),
        );
        r.register(
            "connections",
            "Connections being served",
            self.connections.clone(),
        );
        r.register(
            "streams",
            "Streams of a payment's changes that somebody reads",
            self.streams.clone(),
        );
        r.register(
            "connections_turned_away",
            "Connections beyond a limit, of the host or of one address",
            self.turned_away.clone(),
        );
        r.register(
            "connections_displaced",
            "Idle connections that were closed for new ones",
            self.displaced.clone(),
        );
        r.register(
            "not_http",
            "Connections that ended with something that is no HTTP",
            self.not_http.clone(),
        );
        r.register(
            "authentication_failures",
            "Requests whose caller is not known, by cause",
            self.authentication_failures.clone(),
        );
        r.register(
            "rate_limited",
            "Requests refused because their caller sent too many",
            self.rate_limited.clone(),
        );
        r.register(
            "panics",
            "Requests that a fault of the host's own ended",
            self.panics.clone(),
        );
        r.register(
            "covered",
            "Values that lead to a person and were covered where they should not have been, in this process",
            self.covered.clone(),
        );
    }

    /// For the engine to render behind its own.
    pub(crate) fn registry(&self) -> &Registry {
        // Counted by the process: a log line belongs to no gateway.
        for (layer, kind, count) in weft_redact::counts() {
            let (layer, kind) = (layer.label(), kind.label());
            let labels = CoveredLabels { layer, kind };
            let counter = self.covered.get_or_create(&labels);
            counter.inner().store(count, Ordering::Relaxed);
        }
        &self.registry
    }

    pub(crate) fn answered(&self, route: &'static str, status: u16, took: Duration) {
        let labels = RequestLabels {
            route,
            status: class(status),
        };
        self.requests.get_or_create(&labels).inc();
        self.seconds
            .get_or_create(&RouteLabels { route })
            .observe(took.as_secs_f64());
    }

    pub(crate) fn connected(&self) -> Counted {
        self.connections.inc();
        Counted(self.connections.clone())
    }

    pub(crate) fn streaming(&self) -> Counted {
        self.streams.inc();
        Counted(self.streams.clone())
    }

    pub(crate) fn turned_away(&self, full: Full) {
        let full = match full {
            Full::Host => "host",
            Full::Address => "address",
        };
        self.turned_away.get_or_create(&FullLabels { full }).inc();
    }

    pub(crate) fn displaced(&self) {
        self.displaced.inc();
    }

    pub(crate) fn not_http(&self) {
        self.not_http.inc();
    }

    pub(crate) fn not_authenticated(&self, cause: Cause) {
        let cause = match cause {
            Cause::Missing => "missing",
            Cause::Malformed => "malformed",
            Cause::Unknown => "unknown",
        };
        self.authentication_failures
            .get_or_create(&CauseLabels { cause })
            .inc();
    }

    pub(crate) fn rate_limited(&self, caller: &str) {
        let caller = caller.to_owned();
        self.rate_limited
            .get_or_create(&CallerLabels { caller })
            .inc();
    }

    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }
}

fn class(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}
