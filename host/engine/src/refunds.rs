//! How often support gave money back: a projection of the log.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use weft_assist::{Follow, Refund, Step};
use weft_audit::DecisionRecord;
use weft_dictionary::{DurationMs, Timestamp};

use crate::Role;
use crate::limits::MAX_REFUNDS_COUNTED;

const DAY: DurationMs = DurationMs(24 * 3_600_000);
const THIRTY_DAYS: DurationMs = DurationMs(30 * 24 * 3_600_000);

/// The refunds of thirty days, by who asked for them.
#[derive(Default)]
pub(crate) struct Refunds(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// By agent: when, and to which customer; the oldest first.
    by_agent: HashMap<String, VecDeque<(Timestamp, String)>>,
    /// How many in all.
    len: usize,
    /// Until then some are not counted.
    incomplete_until: Option<Timestamp>,
}

/// What an agent gave back before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before {
    /// Refunds within a day.
    pub(crate) in_a_day: i64,
    /// Refunds to the same customer within thirty days.
    pub(crate) to_customer: i64,
}

impl Refunds {
    /// Takes over what a durable decision says.
    pub(crate) fn see(&self, record: &DecisionRecord, follow: &Follow) {
        let of_support = [Role::Agent, Role::Supervisor].map(Role::as_str);
        if let Some(Step::Refunded { refund, .. }) = &follow.request
            && of_support.contains(&record.caller.role.as_str())
        {
            self.count(&record.caller.id, refund, record.at, MAX_REFUNDS_COUNTED);
        }
    }

    fn count(&self, agent: &str, refund: &Refund, at: Timestamp, most: usize) {
        let mut counted = self.lock();
        if counted.len >= most {
            counted.forget(at);
        }
        if counted.len >= most {
            counted.incomplete_until = Some(at.plus(THIRTY_DAYS));
            return;
        }
        let of_agent = counted.by_agent.entry(agent.to_owned()).or_default();
        of_agent.push_back((at, refund.customer.clone()));
        counted.len += 1;
    }

    /// What an agent gave back before, in all and to a person, who has these identifiers; nothing is said where not all
    /// are counted.
    pub(crate) fn before(&self, agent: &str, person: &[String], now: Timestamp) -> Option<Before> {
        let counted = self.lock();
        if counted.incomplete_until.is_some_and(|until| now < until) {
            return None;
        }
        let of_agent = counted.by_agent.get(agent);
        let within = |time: DurationMs| {
            let refunds = of_agent.into_iter().flatten();
            refunds.filter(move |(at, _)| now < at.plus(time))
        };
        let to_customer = within(THIRTY_DAYS).filter(|(_, customer)| person.contains(customer));
        Some(Before {
            in_a_day: i64::try_from(within(DAY).count()).unwrap_or(i64::MAX),
            to_customer: i64::try_from(to_customer.count()).unwrap_or(i64::MAX),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// Leaves out what is older than anybody asks.
    fn forget(&mut self, now: Timestamp) {
        self.by_agent.retain(|_, refunds| {
            refunds.retain(|(at, _)| now < at.plus(THIRTY_DAYS));
            !refunds.is_empty()
        });
        self.len = self.by_agent.values().map(VecDeque::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use weft_dictionary::{Currency, Money};

    use super::*;

    fn refund(customer: &str) -> Refund {
        Refund {
            id: "R-1".to_owned(),
            amount: Money {
                minor_units: 1,
                currency: Currency::from_code("EUR").expect("a currency"),
            },
            customer: customer.to_owned(),
        }
    }

    fn before(in_a_day: i64, to_customer: i64) -> Option<Before> {
        Some(Before {
            in_a_day,
            to_customer,
        })
    }

    /// R23: what support did is counted by agent and by pair.
    #[test]
    fn a_day_and_thirty_days_are_counted_to_their_last_moment() {
        let refunds = Refunds::default();
        let start = Timestamp(1_000);
        refunds.count("noor", &refund("ines"), start, 10);
        refunds.count("noor", &refund("omar"), start.plus(DAY), 10);
        let of = |person: &str, now| refunds.before("noor", &[person.to_owned()], now);
        let almost = |time: DurationMs| start.plus(DurationMs(time.0 - 1));
        assert_eq!(of("ines", almost(DAY)), before(2, 1));
        assert_eq!(of("ines", start.plus(DAY)), before(1, 1));
        assert_eq!(of("ines", almost(THIRTY_DAYS)), before(0, 1));
        assert_eq!(of("ines", start.plus(THIRTY_DAYS)), before(0, 0));
        assert_eq!(refunds.before("tom", &["ines".into()], start), before(0, 0));
        let known_by_two = ["card".to_owned(), "ines".to_owned()];
        assert_eq!(refunds.before("noor", &known_by_two, start), before(2, 1));
    }

    #[test]
    fn where_not_all_are_counted_nothing_is_said() {
        let refunds = Refunds::default();
        let start = Timestamp(1_000);
        refunds.count("noor", &refund("ines"), start, 1);
        refunds.count("noor", &refund("ines"), start.plus(DAY), 1);
        let of = |now| refunds.before("noor", &["ines".to_owned()], now);
        assert_eq!(of(start.plus(DAY)), None);
        let later = start.plus(DAY).plus(THIRTY_DAYS);
        assert_eq!(of(later), before(0, 0));
        // What is old gives its place up.
        refunds.count("noor", &refund("ines"), later, 1);
        assert_eq!(of(later), before(1, 1));
    }
}
