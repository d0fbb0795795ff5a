//! How threatened the host believes to be.
//!
//! What it is when a decision begins counts for the whole decision. A level that an operator set is kept over a
//! restart, until it is set again or the configuration says another one than it did then.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use serde_json::Value as Json;
use weft_audit::EventRecord;
use weft_dictionary::Timestamp;
use weft_intake::Problem;

use crate::engine::{Engine, Inner};
use crate::limits::MAX_THREAT_LEVEL;
use crate::problems;
use crate::sets::{HOST, Order, STARTED, text};

/// The event of a change.
const CHANGED: &str = "threat_level.changed";

/// The level in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreatLevel {
    /// 0 to 3.
    pub level: u8,
    /// What it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<u8>,
    /// Since when; RFC 3339.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub since: Timestamp,
    /// The caller who set it, or `host`.
    pub by: String,
    /// Why, in the words of whoever set it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the configuration said at that time.
    pub configured: u8,
}

impl ThreatLevel {
    /// What the host begins with: what it was before, unless the configuration says something new.
    pub(crate) fn at_start(
        configured: u8,
        before: Option<&ThreatLevel>,
        since: Timestamp,
    ) -> ThreatLevel {
        let configured = configured.min(MAX_THREAT_LEVEL);
        match before {
            Some(before) if before.configured == configured => before.clone(),
            _ => ThreatLevel {
                level: configured,
                replaced: before.map(|before| before.level),
                since,
                by: HOST.to_owned(),
                reason: None,
                configured,
            },
        }
    }

    /// The level that the log knows after one more event.
    pub(crate) fn after(before: Option<ThreatLevel>, event: &EventRecord) -> Option<ThreatLevel> {
        let number = |name: &str| u8::try_from(event.detail.get(name)?.as_u64()?).ok();
        match event.event.as_str() {
            CHANGED => Some(ThreatLevel {
                level: number("new")?,
                replaced: number("old"),
                since: event.at,
                by: text(event, "by").unwrap_or_else(|| HOST.to_owned()),
                reason: text(event, "reason"),
                configured: number("configured")?,
            }),
            // Where nothing was ever changed, the level is the configured one.
            STARTED if before.is_none() => {
                let level = number("threat_level")?;
                Some(ThreatLevel::at_start(level, None, event.at))
            }
            _ => before,
        }
    }

    fn detail(&self) -> Vec<(&'static str, Json)> {
        let mut detail = vec![
            ("new", Json::from(self.level)),
            ("by", Json::from(self.by.as_str())),
            ("configured", Json::from(self.configured)),
        ];
        detail.extend(self.replaced.map(|old| ("old", Json::from(old))));
        detail.extend(self.reason.as_deref().map(|why| ("reason", why.into())));
        detail
    }
}

/// The level, and one change at a time.
pub(crate) struct Threat {
    in_force: ArcSwap<ThreatLevel>,
    changing: tokio::sync::Mutex<()>,
}

impl Threat {
    pub(crate) fn new(in_force: ThreatLevel) -> Threat {
        Threat {
            in_force: ArcSwap::from_pointee(in_force),
            changing: tokio::sync::Mutex::default(),
        }
    }

    /// What the host begins with, before it decides anything.
    pub(crate) fn begin(&self, with: ThreatLevel) {
        self.in_force.store(Arc::new(with));
    }

    pub(crate) fn in_force(&self) -> Arc<ThreatLevel> {
        self.in_force.load_full()
    }
}

impl Engine {
    /// The level of threat that decisions are taken under.
    pub fn threat_level(&self) -> Arc<ThreatLevel> {
        self.inner.threat.in_force()
    }

    /// Takes the decisions that begin from now on under another level of threat, at most
    /// [`limits::MAX_THREAT_LEVEL`](crate::limits::MAX_THREAT_LEVEL). It is in the log before it counts.
    pub async fn change_threat_level(
        &self,
        level: u8,
        order: Order,
    ) -> Result<Arc<ThreatLevel>, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.change_threat_level(level, order).await })
            .await
    }
}

impl Inner {
    async fn change_threat_level(
        &self,
        level: u8,
        order: Order,
    ) -> Result<Arc<ThreatLevel>, Problem> {
        order.check()?;
        if level > MAX_THREAT_LEVEL {
            return Err(problems::no_such_level());
        }
        let _one_at_a_time = self.threat.changing.lock().await;
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let before = self.threat.in_force();
        if before.level == level {
            return Ok(before);
        }
        let changed = Arc::new(ThreatLevel {
            level,
            replaced: Some(before.level),
            since: self.clock.now(),
            by: order.by,
            reason: order.reason,
            configured: self.config.threat_level.min(MAX_THREAT_LEVEL),
        });
        let event = self.event(changed.since, CHANGED, changed.detail());
        let recorded = self.log.append(&event).await;
        recorded.map_err(|why| problems::change_not_recorded(&why))?;
        self.threat.in_force.store(Arc::clone(&changed));
        self.metrics.threat_level(level);
        tracing::warn!(level, by = changed.by, "another level of threat counts");
        Ok(changed)
    }

    /// The event of a level with which the host began and that is not the one before.
    pub(crate) fn threat_changed_at_start(
        &self,
        before: Option<&ThreatLevel>,
    ) -> Option<weft_audit::Record> {
        let now = self.threat.in_force();
        before
            .filter(|before| before.level != now.level)
            .map(|_| self.event(now.since, CHANGED, now.detail()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(level: u8, configured: u8) -> ThreatLevel {
        ThreatLevel {
            level,
            replaced: Some(0),
            since: Timestamp(7),
            by: "ops".into(),
            reason: Some("an attack".into()),
            configured,
        }
    }

    fn event(name: &str, detail: Vec<(&'static str, Json)>) -> EventRecord {
        EventRecord {
            schema: weft_audit::SCHEMA.into(),
            at: Timestamp(7),
            event: name.into(),
            detail: detail.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        }
    }

    #[test]
    fn what_an_operator_set_is_kept_until_the_configuration_changes() {
        let set = level(3, 1);
        assert_eq!(ThreatLevel::at_start(1, Some(&set), Timestamp(9)), set);
        let configured = ThreatLevel::at_start(2, Some(&set), Timestamp(9));
        assert_eq!((configured.level, configured.replaced), (2, Some(3)));
        assert_eq!((configured.by.as_str(), configured.configured), (HOST, 2));
        assert_eq!(ThreatLevel::at_start(200, None, Timestamp(9)).level, 3);
    }

    #[test]
    fn what_the_log_is_told_is_read_back() {
        let set = level(3, 1);
        let read = ThreatLevel::after(None, &event(CHANGED, set.detail()));
        assert_eq!(read.as_ref(), Some(&set));
        // A start that followed says the level that was kept, and not what was configured.
        let started = event(STARTED, vec![("threat_level", Json::from(3))]);
        assert_eq!(ThreatLevel::after(read, &started), Some(set));
        let first = ThreatLevel::after(None, &started).expect("a level");
        assert_eq!((first.level, first.configured), (3, 3));
    }
}
