//! Requests that are due at fixed times.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::host::Access;
use super::traffic::{Kind, Traffic};
use crate::client::{Client, ClientError, Question};
use crate::exit::Failed;

/// Significant figures of a latency.
const FIGURES: u8 = 3;

/// Load on one host.
pub(crate) struct Load {
    access: Arc<Secrets>,
    connections: u16,
    traffic: Arc<Traffic>,
    /// Requests sent so far: each has a number of its own.
    sent: Arc<AtomicU64>,
    /// Where all of it is assistance about what another load sends: how much that has sent.
    about: Option<Arc<AtomicU64>>,
}

/// How fast requests come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So many a second, whatever becomes of them.
    PerSecond(u32),
    /// Each connection sends the next as soon as the last is answered.
    AsFastAsAnswered,
}

struct Secrets {
    address: std::net::SocketAddr,
    service: zeroize::Zeroizing<String>,
    agent: zeroize::Zeroizing<String>,
}

/// What came of one rate.
pub(crate) struct Measured {
    pace: Pace,
    took: Duration,
    latency: Histogram<u64>,
    problems: u64,
}

/// What one connection saw.
struct Seen {
    latency: Histogram<u64>,
    problems: u64,
}

impl Load {
    pub(crate) fn new(access: &Access, assist: u32, connections: u16, seed: u64) -> Load {
        Load {
            access: Arc::new(Secrets {
                address: access.address,
                service: access.service.clone(),
                agent: access.agent.clone().unwrap_or_default(),
            }),
            connections,
            traffic: Arc::new(Traffic::new(seed, assist)),
            sent: Arc::new(AtomicU64::new(0)),
            about: None,
        }
    }

    /// Assistance about the payments of this load, beside it.
    pub(crate) fn beside(&self, connections: u16) -> Load {
        Load {
            access: Arc::clone(&self.access),
            connections,
            traffic: Arc::clone(&self.traffic),
            sent: Arc::new(AtomicU64::new(0)),
            about: Some(Arc::clone(&self.sent)),
        }
    }

    /// Sends requests for so long, and waits for the last answer.
    pub(crate) async fn run(&mut self, pace: Pace, length: Duration) -> Result<Measured, Failed> {
        let first = self.sent.load(Ordering::Relaxed);
        let schedule = Schedule {
            begin: Instant::now() + Duration::from_millis(100),
            pace,
            first,
            length,
        };
        let mut workers = JoinSet::new();
        for _ in 0..self.connections {
            let worker = Worker {
                secrets: Arc::clone(&self.access),
                traffic: Arc::clone(&self.traffic),
                sent: Arc::clone(&self.sent),
                about: self.about.clone(),
                schedule,
            };
            workers.spawn(worker.work());
        }
        let mut measured = Measured {
            pace,
            took: length,
            latency: Histogram::new(FIGURES)?,
            problems: 0,
        };
        while let Some(seen) = workers.join_next().await {
            let seen = seen??;
            measured.latency.add(seen.latency)?;
            measured.problems += seen.problems;
        }
        measured.took = schedule.begin.elapsed();
        // Workers take one number too many each, to see that there is no more.
        if let Some(end) = schedule.end() {
            self.sent.store(end, Ordering::Relaxed);
        }
        Ok(measured)
    }
}

#[derive(Clone, Copy)]
struct Schedule {
    begin: Instant,
    pace: Pace,
    first: u64,
    length: Duration,
}

impl Schedule {
    /// The first number that is not in this schedule, where that is known before.
    fn end(&self) -> Option<u64> {
        match self.pace {
            Pace::PerSecond(rate) => Some(self.first + u64::from(rate) * self.length.as_secs()),
            Pace::AsFastAsAnswered => None,
        }
    }

    /// When a request is due, if it is in this schedule.
    fn due(&self, number: u64) -> Option<Instant> {
        let Pace::PerSecond(rate) = self.pace else {
            let now = Instant::now().max(self.begin);
            return (now < self.begin + self.length).then_some(now);
        };
        if self.end().is_some_and(|end| number >= end) {
            return None;
        }
        let nth = u128::from(number - self.first);
        let nanos = nth * 1_000_000_000 / u128::from(rate);
        Some(self.begin + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

struct Worker {
    secrets: Arc<Secrets>,
    traffic: Arc<Traffic>,
    sent: Arc<AtomicU64>,
    about: Option<Arc<AtomicU64>>,
    schedule: Schedule,
}

impl Worker {
    async fn work(self) -> Result<Seen, ClientOrHistogram> {
        let mut client = Client::connect(self.secrets.address).await?;
        let mut seen = Seen {
            latency: Histogram::new(FIGURES)?,
            problems: 0,
        };
        loop {
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            let Some(due) = self.schedule.due(number) else {
                return Ok(seen);
            };
            let request = match &self.about {
                None => self.traffic.request(number),
                Some(sent) => self
                    .traffic
                    .request_about(number, sent.load(Ordering::Relaxed)),
            };
            sleep_until(due).await;
            let token = match request.kind {
                Kind::Payment => &self.secrets.service,
                Kind::Assistance => &self.secrets.agent,
            };
            let question = Question::decision(token, "application/json", request.body);
            let answer = client.ask(question).await?;
            let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            seen.latency.record(micros.max(1))?;
            seen.problems += u64::from(!answer.status.is_success());
        }
    }
}

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
enum ClientOrHistogram {
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("{0}")]
    Creation(#[from] hdrhistogram::CreationError),
    #[error("{0}")]
    Record(#[from] hdrhistogram::RecordError),
}

impl Measured {
    pub(crate) const HEADER: &'static str =
        "    rate   answered/s       p50       p99     p99.9       max   problems";

    /// The same, and what came of another time at the same pace.
    pub(crate) fn and(mut self, other: Measured) -> Result<Measured, Failed> {
        self.took += other.took;
        self.latency.add(other.latency)?;
        self.problems += other.problems;
        Ok(self)
    }

    /// The latency in milliseconds that this part of the requests does not exceed.
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    pub(crate) fn latency(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }

    /// Requests that were answered with a problem.
    pub(crate) fn not_decided(&self) -> u64 {
        self.problems
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
        let answered = self.latency.len() as f64 / self.took.as_secs_f64();
        let pace = match self.pace {
            Pace::PerSecond(rate) => rate.to_string(),
            Pace::AsFastAsAnswered => "flood".to_owned(),
        };
        write!(
            f,
            "{pace:>8} {answered:>12.0} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {:>10}",
            self.latency(0.5),
            self.latency(0.99),
            self.latency(0.999),
            self.latency(1.0),
            self.problems
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_due_at_even_times_and_no_later_than_the_end() {
        let begin = Instant::now();
        let schedule = Schedule {
            begin,
            pace: Pace::PerSecond(4),
            first: 10,
            length: Duration::from_secs(1),
        };
        let due = |n| schedule.due(n).map(|at| (at - begin).as_millis());
        assert_eq!(due(10), Some(0));
        assert_eq!(due(13), Some(750));
        assert_eq!(due(14), None);
    }
}
