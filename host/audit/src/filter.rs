//! Which records somebody asks for.

use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

use crate::keys::{ACCOUNTS, Link, Word};
use crate::record::{DecisionRecord, EventRecord, Record};

/// Which records; all that is told must hold. With nothing told: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The decision, the request for a value or in an emergency, with this id.
    pub decision: Option<String>,
    /// Decisions and requests about this transaction.
    pub transaction: Option<String>,
    /// Decisions and requests that belong to this case.
    pub case: Option<String>,
    /// Decisions about this account or card, by its token.
    pub account: Option<String>,
    /// What this caller asked for: an agent, a service, an operator.
    pub by: Option<String>,
    /// Decisions in which this plugin was asked.
    pub plugin: Option<String>,
    /// Decisions in which this policy said something.
    pub policy: Option<String>,
    /// Decisions with this verdict.
    pub verdict: Option<Verdict>,
    /// Decisions about this operation, or events with this name.
    pub what: Option<String>,
    /// Decisions of this region.
    pub region: Option<String>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Only the newest so many. Queries that go page by page do not look at it.
    pub last: Option<usize>,
}

/// One condition that the store can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition<'a> {
    /// Records that an id links.
    Linked(Link, &'a str),
    /// Records that say a word.
    Says(Word, &'a str),
    /// Records of a time, in milliseconds: from the first, before the second.
    Within(u64, u64),
}

impl Filter {
    /// Whether it takes this record.
    pub fn takes(&self, record: &Record) -> bool {
        let at = record.at();
        self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at < to)
            && match record {
                Record::Decision(decision) => self.takes_decision(decision),
                Record::Event(event) => self.takes_event(event),
            }
    }

    fn takes_decision(&self, decision: &DecisionRecord) -> bool {
        let findings = &decision.findings;
        let is = |wanted: &Option<String>, said: &str| wanted.as_ref().is_none_or(|w| w == said);
        let is_maybe =
            |wanted: &Option<String>, said: &Option<String>| wanted.is_none() || wanted == said;
        let has_account = |token: &String| {
            let mut said = ACCOUNTS.iter().filter_map(|name| decision.facts.get(*name));
            said.any(|said| said.as_str() == Some(token))
        };
        let asked = |name: &String| {
            let mut plugins = findings.iter().filter_map(|one| one.plugin.as_ref());
            plugins.any(|plugin| plugin.name == *name)
        };
        is(&self.decision, &decision.decision)
            && is_maybe(&self.transaction, &decision.transaction)
            && is_maybe(&self.case, &decision.case)
            && is(&self.by, &decision.caller.id)
            && is(&self.what, &decision.operation)
            && is(&self.region, &decision.region)
            && self.account.as_ref().is_none_or(has_account)
            && self.plugin.as_ref().is_none_or(asked)
            && (self.policy.as_ref()).is_none_or(|id| findings.iter().any(|f| f.policy == *id))
            && self.verdict.is_none_or(|v| v == decision.outcome.verdict)
    }

    fn takes_event(&self, event: &EventRecord) -> bool {
        let is = |wanted: &Option<String>, names: &[&str]| {
            let mut said = names
                .iter()
                .filter_map(|name| event.detail.get(*name)?.as_str());
            wanted
                .as_ref()
                .is_none_or(|wanted| said.any(|said| said == wanted))
        };
        let of_decisions = [&self.account, &self.plugin, &self.policy, &self.region];
        of_decisions.iter().all(|wanted| wanted.is_none())
            && self.verdict.is_none()
            && is(&self.decision, &["id", "emergency"])
            && is(&self.transaction, &["transaction"])
            && is(&self.case, &["case"])
            && is(&self.by, &["by"])
            && self.what.as_ref().is_none_or(|what| *what == event.event)
    }

    /// What of it the store can answer. It never leaves out a record that the filter takes.
    pub(crate) fn conditions(&self) -> Vec<Condition<'_>> {
        let linked = [
            (Link::Decision, &self.decision),
            (Link::Transaction, &self.transaction),
            (Link::Case, &self.case),
            (Link::Account, &self.account),
        ];
        let says = [
            (Word::Caller, self.by.as_deref()),
            (Word::Plugin, self.plugin.as_deref()),
            (Word::Policy, self.policy.as_deref()),
            (Word::Verdict, self.verdict.map(|verdict| verdict.as_str())),
            (Word::What, self.what.as_deref()),
        ];
        let linked = linked.into_iter().filter_map(|(link, id)| {
            let id = id.as_deref()?;
            Some(Condition::Linked(link, id))
        });
        let says = says
            .into_iter()
            .filter_map(|(word, said)| Some(Condition::Says(word, said?)));
        let within = (self.from.is_some() || self.to.is_some()).then(|| {
            let to = self.to.map_or(u64::MAX, |to| to.0);
            Condition::Within(self.from.map_or(0, |from| from.0), to)
        });
        linked.chain(says).chain(within).collect()
    }
}
