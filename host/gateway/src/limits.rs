//! Every bound of this crate: those that a platform team sets, and those that stand.

use std::time::Duration;

use weft_intake::limits::MAX_BODY_BYTES;

/// Callers of one host.
pub const MAX_CALLERS: usize = 256;
/// Bytes of what an operator orders.
pub const MAX_ORDER_BYTES: usize = 8 * 1024;
/// Characters of a caller's name.
pub const MAX_NAME_CHARS: usize = 64;
/// Characters of a bearer token.
pub const MAX_TOKEN_CHARS: usize = 512;
/// Characters of an idempotency key.
pub const MAX_KEY_CHARS: usize = 255;
/// Bytes of a request's line and header fields.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Bytes that a connection's buffer has for what was received and not looked at yet.
pub const BUFFER_BYTES: usize = 64 * 1024;
/// Media ranges of an `Accept` header.
pub const MAX_MEDIA_RANGES: usize = 32;
/// Connections beyond the limit that are told so, or how the host is, at the same time.
pub const MAX_TURNED_AWAY: usize = 64;
/// How long the header of such a connection may take to arrive.
pub const TURNED_AWAY_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections that are ending while others have their places already; more wait to be accepted.
pub const MAX_ENDING: usize = 64;
/// How long a caller's connection is idle before it is closed for somebody else's.
pub const IDLE_ENOUGH: Duration = Duration::from_secs(1);
/// What happens often is told once in this time.
pub const TELL_EVERY: Duration = Duration::from_secs(10);
/// Bytes that are read and thrown away behind an answer that did not wait for the body, so that the
/// caller, who may still be sending, gets to read it.
pub const MAX_LINGER_BYTES: usize = 4 * MAX_BODY_BYTES;
/// How long that may take.
pub const LINGER: Duration = Duration::from_millis(500);
/// How often payments whose time is over are looked for.
pub const EXPIRY_INTERVAL: Duration = Duration::from_millis(250);
/// How long a stream of a payment's changes lasts; who wants to see more asks again, and is looked at again.
pub const MAX_WATCH: Duration = Duration::from_secs(15 * 60);
/// How long such a stream is silent at the most.
pub const SAY_ALIVE: Duration = Duration::from_secs(10);
/// After how long who lost a stream asks again.
pub const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long to wait when the machine cannot accept a connection, for want of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a platform team may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body; never more than [`MAX_BODY_BYTES`].
    pub body_bytes: usize,
    /// How long a request's header may take to arrive, and how long a connection may be idle between
    /// two requests.
    pub header_timeout: Duration,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long a caller may let an answer wait that it does not read.
    pub write_timeout: Duration,
    /// Connections at the same time.
    pub connections: usize,
    /// Of these, those of one address (of one /64 network of IPv6). Where a proxy stands in front of the host, all
    /// connections are of its address.
    pub connections_per_address: usize,
    /// Requests that one caller may send in a second, on average.
    pub requests_per_second: u32,
    /// Requests that one caller may send at once.
    pub burst: u32,
    /// Values of the vault that one caller may ask for in a minute.
    pub disclosures_per_minute: u32,
    /// The same of all callers together.
    pub disclosures_per_minute_in_total: u32,
    /// How long a stop waits for callers to get the answers that are under way.
    pub stop_grace: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: MAX_BODY_BYTES,
            header_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(15),
            write_timeout: Duration::from_secs(15),
            connections: 1_024,
            connections_per_address: 768,
            requests_per_second: 5_000,
            burst: 1_000,
            disclosures_per_minute: 30,
            disclosures_per_minute_in_total: 300,
            stop_grace: Duration::from_secs(30),
        }
    }
}

/// A limit that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the limit `{name}` is {value}: {reason}; set it to {remedy}")]
pub struct LimitError {
    /// Which.
    pub name: &'static str,
    /// What it is set to.
    pub value: String,
    /// Why that cannot be.
    pub reason: &'static str,
    /// What it can be.
    pub remedy: String,
}

impl Limits {
    /// Whether they can be kept.
    pub fn check(&self) -> Result<(), LimitError> {
        self.check_body()?;
        let counts = [
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("requests_per_second", self.requests_per_second as usize),
            ("burst", self.burst as usize),
            (
                "disclosures_per_minute",
                self.disclosures_per_minute as usize,
            ),
            (
                "disclosures_per_minute_in_total",
                self.disclosures_per_minute_in_total as usize,
            ),
        ];
        for (name, value) in counts {
            at_least_one(name, value)?;
        }
        let times = [
            ("header_timeout", self.header_timeout),
            ("body_timeout", self.body_timeout),
            ("write_timeout", self.write_timeout),
        ];
        for (name, value) in times {
            at_least_one(
                name,
                usize::try_from(value.as_millis()).unwrap_or(usize::MAX),
            )?;
        }
        Ok(())
    }

    fn check_body(&self) -> Result<(), LimitError> {
        if (1..=MAX_BODY_BYTES).contains(&self.body_bytes) {
            return Ok(());
        }
        Err(LimitError {
            name: "body_bytes",
            value: self.body_bytes.to_string(),
            reason: "no message of that size can be read",
            remedy: format!("1 to {MAX_BODY_BYTES}"),
        })
    }
}

fn at_least_one(name: &'static str, value: usize) -> Result<(), LimitError> {
    if value > 0 {
        return Ok(());
    }
    Err(LimitError {
        name,
        value: "0".to_owned(),
        reason: "nothing would ever be answered",
        remedy: "1 or more".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_under_which_nothing_is_answered_is_refused() {
        assert_eq!(Limits::default().check(), Ok(()));
        let too_short = Duration::from_micros(999);
        let with = |spoil: fn(&mut Limits)| {
            let mut limits = Limits::default();
            spoil(&mut limits);
            limits
        };
        for (name, spoiled) in [
            ("body_bytes", with(|l| l.body_bytes = 0)),
            ("connections", with(|l| l.connections = 0)),
            (
                "connections_per_address",
                with(|l| l.connections_per_address = 0),
            ),
            ("requests_per_second", with(|l| l.requests_per_second = 0)),
            ("burst", with(|l| l.burst = 0)),
            (
                "disclosures_per_minute",
                with(|l| l.disclosures_per_minute = 0),
            ),
            (
                "disclosures_per_minute_in_total",
                with(|l| l.disclosures_per_minute_in_total = 0),
            ),
            (
                "header_timeout",
                with(|l| l.header_timeout = Duration::ZERO),
            ),
            ("body_timeout", with(|l| l.body_timeout = Duration::ZERO)),
            (
                "write_timeout",
                Limits {
                    write_timeout: too_short,
                    ..Limits::default()
                },
            ),
        ] {
            assert_eq!(spoiled.check().expect_err("refused").name, name);
        }
    }
}
