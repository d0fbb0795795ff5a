//! What came of a replay. No personal data, no value of a fact but amounts.

mod causes;
mod sums;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use weft_audit::DecisionRecord;
use weft_dictionary::{Money, Timestamp};
use weft_verdict::Verdict;

use self::causes::{amount, causes};
use super::left::Left;
use super::turn::Turn;
use crate::again::{Difference, NotAgain, differences, is_same};
use crate::evaluate::Evaluated;

pub use self::sums::Sums;

/// Decisions that a report names; the others are counted, and told to the listener.
pub const MAX_NAMED: usize = 1_000;

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ReplayReport {
    /// From when on.
    #[serde(serialize_with = "crate::view::rfc3339_opt")]
    pub since: Option<Timestamp>,
    /// Until when.
    #[serde(serialize_with = "crate::view::rfc3339_opt")]
    pub until: Option<Timestamp>,
    /// The first decision.
    #[serde(serialize_with = "crate::view::rfc3339_opt")]
    pub first: Option<Timestamp>,
    /// The last one.
    #[serde(serialize_with = "crate::view::rfc3339_opt")]
    pub last: Option<Timestamp>,
    /// All decisions of the time.
    pub decisions: u64,
    /// The sets with which they were taken, and how many with each.
    pub sets: BTreeMap<String, u64>,
    /// Decisions that come out as recorded, byte for byte.
    pub reproduced: u64,
    /// Decisions of which only what another version of the host counts as fuel, or says of itself, is not the same.
    pub reproduced_by_another_version: u64,
    /// Decisions that come out otherwise.
    pub differ: u64,
    /// These, at most [`MAX_NAMED`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differing: Vec<Item>,
    /// Decisions that were not evaluated again, by why.
    pub left_out: BTreeMap<&'static str, LeftOut>,
    /// What could still be said of decisions whose facts were not to be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgotten: Option<Forgotten>,
    /// Sets that are not archived or not as they were, and what to do.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sets_missing: BTreeMap<String, String>,
    /// The comparison with another set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Places of the log that are not as they were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<String>,
    /// Records of another form.
    pub unreadable: u64,
}

/// Decisions that were not evaluated again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LeftOut {
    /// Why, in words.
    pub title: &'static str,
    /// How many.
    pub count: u64,
    /// Which, at most [`MAX_NAMED`].
    pub decisions: Vec<String>,
}

/// What could still be said of decisions whose facts were not to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Forgotten {
    /// How many decisions.
    pub decisions: u64,
    /// Findings that come out as recorded on the facts that are there.
    pub findings_reproduced: u64,
    /// Findings that rest on facts which are not there any more.
    pub findings_unknown: u64,
}

/// What another set makes of the decisions.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Change {
    /// The other set.
    pub policy_set: String,
    /// Whether features were computed again with the changed verdicts.
    pub features_carried: bool,
    /// Decisions with the same verdict.
    pub unchanged: u64,
    /// Of these, decisions with other reasons, obligations or risk.
    pub otherwise: u64,
    /// Decisions with another verdict.
    pub changed: u64,
    /// By operation, from verdict to verdict.
    pub matrix: BTreeMap<String, Vec<Cell>>,
    /// By what causes it. One decision may have several causes.
    pub causes: Vec<Cause>,
    /// The decisions with another verdict, at most [`MAX_NAMED`].
    pub decisions: Vec<Item>,
}

/// Decisions that go from one verdict to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// As recorded.
    pub from: Verdict,
    /// As it comes out now.
    pub to: Verdict,
    /// How many.
    pub count: u64,
    /// What is paid, by currency; of payments that are decided for the first time.
    pub money: Sums,
}

/// What causes decisions to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Which policy; `host` where the host itself.
    pub policy: String,
    /// Which rule or reason.
    pub what: String,
    /// As recorded.
    pub from: Verdict,
    /// As it comes out now.
    pub to: Verdict,
    /// How many decisions.
    pub count: u64,
    /// What is paid, by currency.
    pub money: Sums,
}

/// One decision of which something is to be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Which.
    pub decision: String,
    /// When it was taken.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub at: Timestamp,
    /// For example `payment.authorize`.
    pub operation: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What is to be told of a decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// It does not come out as recorded.
    Differs {
        /// In these parts.
        differences: Vec<Difference>,
    },
    /// It comes out with another verdict.
    Changes {
        /// As recorded.
        from: Verdict,
        /// As it comes out now.
        to: Verdict,
        /// What is paid, and the currency, if it is a payment's first decision.
        #[serde(skip_serializing_if = "Option::is_none")]
        amount: Option<(String, String)>,
        /// The policies, and which rule or reason of each.
        causes: Vec<(String, String)>,
    },
    /// It was not evaluated again.
    LeftOut {
        /// Why.
        why: &'static str,
    },
}

impl ReplayReport {
    /// Whether everything that could be evaluated comes out as recorded, and the log was read whole.
    pub fn is_as_recorded(&self) -> bool {
        self.differ == 0 && self.is_whole()
    }

    /// Whether there is a decision of the time at all.
    pub fn has_decisions(&self) -> bool {
        self.decisions > 0
    }

    /// Whether the log was read whole, and every set was there as it was.
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty() && self.unreadable == 0 && self.sets_missing.is_empty()
    }

    pub(super) fn compare_with(&mut self, policy_set: &str, features_carried: bool) {
        self.change = Some(Change {
            policy_set: policy_set.to_owned(),
            features_carried,
            ..Change::default()
        });
    }

    /// The causes of most decisions first.
    pub(super) fn finish(&mut self) {
        if let Some(change) = &mut self.change {
            change.causes.sort_by_key(|cause| Reverse(cause.count));
        }
    }

    pub(super) fn no_set(&mut self, digest: &str, why: &str) {
        self.sets_missing.insert(digest.to_owned(), why.to_owned());
    }

    fn count(&mut self, record: &DecisionRecord) {
        self.decisions += 1;
        self.first = Some(self.first.map_or(record.at, |at| at.min(record.at)));
        self.last = Some(self.last.map_or(record.at, |at| at.max(record.at)));
        if let Some(count) = self.sets.get_mut(&record.policy_set) {
            *count += 1;
        } else {
            self.sets.insert(record.policy_set.clone(), 1);
        }
    }

    pub(super) fn left_out(&mut self, record: &DecisionRecord, why: NotAgain) -> Option<Item> {
        self.count(record);
        let left = self.left_out.entry(why.as_str()).or_default();
        left.title = why.title();
        left.count += 1;
        // What the host decides by itself is nothing that a policy could change.
        if why == NotAgain::ByHost {
            return None;
        }
        if left.decisions.len() < MAX_NAMED {
            left.decisions.push(record.decision.clone());
        }
        Some(item(record, What::LeftOut { why: why.as_str() }))
    }

    pub(super) fn forgotten(&mut self, left: &Left) {
        let forgotten = self.forgotten.get_or_insert_default();
        forgotten.decisions += 1;
        forgotten.findings_reproduced += left.same;
        forgotten.findings_unknown += left.unknown;
    }

    /// Compares with what was recorded.
    pub(super) fn reproduce(
        &mut self,
        record: &DecisionRecord,
        now: &Evaluated,
        same_host: bool,
    ) -> Option<Item> {
        self.count(record);
        if is_same(record, now) {
            self.reproduced += 1;
            return None;
        }
        let differ = differences(record, now);
        let of_version = differ.iter().all(Difference::is_of_host_version);
        if !same_host && of_version && !differ.is_empty() {
            self.reproduced_by_another_version += 1;
            return None;
        }
        Some(self.differs(record, differ))
    }

    pub(super) fn differs(&mut self, record: &DecisionRecord, differ: Vec<Difference>) -> Item {
        let differences = differ;
        let item = item(record, What::Differs { differences });
        self.differ += 1;
        if self.differing.len() < MAX_NAMED {
            self.differing.push(item.clone());
        }
        item
    }

    /// Compares a decision with what another set makes of it.
    pub(super) fn compare(&mut self, turn: &Turn, now: &Evaluated) -> Option<Item> {
        let record = &turn.record;
        self.count(record);
        let change = self.change.get_or_insert_default();
        let (from, to) = (record.outcome.verdict, now.outcome.verdict);
        let is_first = turn.ground.is_first(record);
        let money = amount(turn).filter(|_| is_first);
        let label = if is_first || !turn.ground.is_payment(&record.operation) {
            record.operation.clone()
        } else {
            format!("{} (decided again)", record.operation)
        };
        change.cell(label, from, to, money);
        if from == to {
            change.unchanged += 1;
            change.otherwise += u64::from(record.outcome != now.outcome);
            return None;
        }
        change.changed += 1;
        let causes = causes(turn, now);
        for (policy, what) in &causes {
            change.cause(policy, what, from, to, money);
        }
        let amount = money.map(|money| (money.amount(), money.currency.code().to_owned()));
        let item = item(
            record,
            What::Changes {
                from,
                to,
                amount,
                causes,
            },
        );
        if change.decisions.len() < MAX_NAMED {
            change.decisions.push(item.clone());
        }
        Some(item)
    }
}

impl Change {
    fn cell(&mut self, label: String, from: Verdict, to: Verdict, money: Option<Money>) {
        let cells = self.matrix.entry(label).or_default();
        let place = cells.iter().position(|c| (c.from, c.to) == (from, to));
        let place = place.unwrap_or_else(|| {
            cells.push(Cell {
                from,
                to,
                count: 0,
                money: Sums::default(),
            });
            cells.len() - 1
        });
        cells[place].count += 1;
        cells[place].money.add(money);
        cells.sort_by_key(|cell| (cell.from, cell.to));
    }

    fn cause(
        &mut self,
        policy: &str,
        what: &str,
        from: Verdict,
        to: Verdict,
        money: Option<Money>,
    ) {
        let same =
            |c: &&mut Cause| c.policy == policy && c.what == what && (c.from, c.to) == (from, to);
        match self.causes.iter_mut().find(same) {
            Some(cause) => {
                cause.count += 1;
                cause.money.add(money);
            }
            None => {
                let mut cause = Cause {
                    policy: policy.to_owned(),
                    what: what.to_owned(),
                    from,
                    to,
                    count: 1,
                    money: Sums::default(),
                };
                cause.money.add(money);
                self.causes.push(cause);
            }
        }
    }
}

fn item(record: &DecisionRecord, what: What) -> Item {
    Item {
        decision: record.decision.clone(),
        at: record.at,
        operation: record.operation.clone(),
        what,
    }
}
