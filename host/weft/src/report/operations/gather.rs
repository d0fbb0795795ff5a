//! From the log to payments and cases.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use weft_assist::{Follow, State, Step};
use weft_audit::{DecisionRecord, Record, Sight};
use weft_dictionary::Timestamp;
use weft_engine::Role;
use weft_verdict::Verdict;

use crate::exit::Failed;

/// Payments that one report counts; each takes some 100 bytes.
const MAX_PAYMENTS: usize = 20_000_000;
/// Operations of assistance begin like this.
const ASSISTANCE: &str = "assist.";
/// By which a payer is known, the best first.
const PAYER: [&str; 4] = [
    "payer.customer",
    "payer.account",
    "instrument.pan",
    "payer.phone",
];

/// A payment, as its decisions tell.
#[derive(Debug, Clone)]
pub(super) struct Payment {
    pub(super) at: Timestamp,
    pub(super) first: Verdict,
    pub(super) state: State,
    /// The payer's number, where one is known.
    pub(super) payer: Option<u32>,
    /// Whether it ever went on to settlement.
    pub(super) captured: bool,
    pub(super) disputed: bool,
    /// Whether the customer proved that they are the payer.
    pub(super) proved: bool,
    /// Whether support was asked about it, and told.
    pub(super) assisted: bool,
    pub(super) refunds: u32,
}

impl Payment {
    /// What followed says what it was; nothing where nobody knows.
    pub(super) fn fraudulent(&self) -> Option<bool> {
        let is_given_back = self.disputed && self.state == State::Refunded;
        if self.state == State::Recalled || is_given_back {
            return Some(true);
        }
        let is_known = self.proved && self.captured && self.state != State::Disputed;
        is_known.then_some(false)
    }

    /// Whether the host found something against it that was no denial.
    pub(super) fn is_flagged(&self) -> bool {
        matches!(
            self.first,
            Verdict::Flag | Verdict::Challenge | Verdict::Hold
        )
    }
}

/// A case, as the requests within it tell.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) opened: Timestamp,
    /// Since nothing of it waits.
    pub(super) resolved: Option<Timestamp>,
    payments: BTreeSet<usize>,
    /// Requests that wait, by digest, and until when.
    waiting: BTreeMap<String, Timestamp>,
}

impl Case {
    pub(super) fn is_about_a_payment(&self) -> bool {
        !self.payments.is_empty()
    }
}

/// Requests for assistance of one operation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Requests {
    pub(super) granted: u64,
    pub(super) refused: u64,
}

/// Somebody was helped with a payment of theirs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contact {
    pub(super) payer: u32,
    pub(super) at: Timestamp,
}

/// All that is counted.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    /// When the last record was made that was read.
    pub(super) end: Timestamp,
    pub(super) payments: Vec<Payment>,
    pub(super) cases: Vec<Case>,
    /// By operation, of the time that is asked for.
    pub(super) requests: BTreeMap<String, Requests>,
    /// When the requests of the time were made.
    pub(super) asked_at: Vec<Timestamp>,
    pub(super) contacts: Vec<Contact>,
    /// Disputes that were opened: when, and about which payment.
    pub(super) disputes: Vec<(Timestamp, usize)>,
    pub(super) fields_requested: u64,
    pub(super) fields_disclosed: u64,
}

impl Gathered {
    /// Whether the report is about that instant.
    pub(super) fn is_within(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at < to)
    }
}

struct Reading {
    all: Gathered,
    /// Payments by the newest decision about them.
    newest: HashMap<String, usize>,
    cases: HashMap<String, usize>,
    /// Cases by payment.
    cases_of: HashMap<usize, BTreeSet<usize>>,
    payers: HashMap<String, u32>,
    is_too_much: bool,
}

/// Reads the first records of the log in `dir`, which were verified, up to the end of the time; and what of the log could
/// not be read.
pub(super) fn from_log(
    dir: &Path,
    records: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<(Gathered, Vec<String>), Failed> {
    let mut reading = Reading {
        all: Gathered {
            from,
            to,
            end: Timestamp(0),
            payments: Vec::new(),
            cases: Vec::new(),
            requests: BTreeMap::new(),
            asked_at: Vec::new(),
            contacts: Vec::new(),
            disputes: Vec::new(),
            fields_requested: 0,
            fields_disclosed: 0,
        },
        newest: HashMap::new(),
        cases: HashMap::new(),
        cases_of: HashMap::new(),
        payers: HashMap::new(),
        is_too_much: false,
    };
    let read = weft_audit::stream_raw(dir, |raw| {
        // A running host goes on writing; only what was verified is told.
        if raw.index >= records {
            return;
        }
        if let Some(Record::Decision(decision)) = raw.read()
            && to.is_none_or(|to| decision.at < to)
        {
            reading.decision(&decision);
        }
    })?;
    if reading.is_too_much {
        return Err(Failed::because(format!(
            "the log has more than {MAX_PAYMENTS} payments before that time; give an earlier --to"
        )));
    }
    reading.waited_in_vain();
    Ok((reading.all, read.damage))
}

impl Reading {
    fn decision(&mut self, record: &DecisionRecord) {
        self.all.end = self.all.end.max(record.at);
        let follow = record.follow.clone();
        let follow: Option<Follow> = follow.and_then(|json| serde_json::from_value(json).ok());
        let is_assistance = record.operation.starts_with(ASSISTANCE);
        let payment = self.payment_of(record, follow.as_ref(), is_assistance);
        if is_assistance {
            self.asked(record, payment);
        }
        if let (Some(payment), Some(follow)) = (payment, &follow) {
            self.follow(payment, record, follow);
        }
        let case = is_assistance.then(|| self.case(record)).flatten();
        if let (Some(case), Some(payment)) = (case, payment) {
            self.all.cases[case].payments.insert(payment);
            self.cases_of.entry(payment).or_default().insert(case);
        }
        if let (Some(case), Some(step)) = (case, follow.and_then(|follow| follow.request)) {
            self.step(case, &step);
        }
        let touched: Vec<usize> = match payment.and_then(|payment| self.cases_of.get(&payment)) {
            Some(cases) => cases.iter().copied().collect(),
            None => case.into_iter().collect(),
        };
        for case in touched {
            self.look_at(case, record.at);
        }
    }

    /// The payment that a decision is about: each names the one before it, and the first of a payment names none.
    fn payment_of(
        &mut self,
        record: &DecisionRecord,
        follow: Option<&Follow>,
        is_assistance: bool,
    ) -> Option<usize> {
        record.transaction.as_ref()?;
        let number = match &record.previous {
            Some(previous) => self.newest.remove(previous),
            None if is_assistance => None,
            None => self.decided(record, follow),
        }?;
        self.newest.insert(record.decision.clone(), number);
        Some(number)
    }

    fn decided(&mut self, record: &DecisionRecord, follow: Option<&Follow>) -> Option<usize> {
        if self.all.payments.len() >= MAX_PAYMENTS {
            self.is_too_much = true;
            return None;
        }
        let payer = PAYER
            .iter()
            .find_map(|name| record.facts.get(*name)?.as_str());
        let payer = payer.map(|token| self.payer(token));
        self.all.payments.push(Payment {
            at: record.at,
            first: record.outcome.verdict,
            state: follow.map_or(State::after(record.outcome.verdict), |follow| follow.state),
            payer,
            captured: false,
            disputed: false,
            proved: false,
            assisted: false,
            refunds: 0,
        });
        Some(self.all.payments.len() - 1)
    }

    fn payer(&mut self, token: &str) -> u32 {
        let next = u32::try_from(self.payers.len()).unwrap_or(u32::MAX);
        *self.payers.entry(token.to_owned()).or_insert(next)
    }

    fn asked(&mut self, record: &DecisionRecord, payment: Option<usize>) {
        let is_granted = record.outcome.verdict.is_granted();
        if let Some(payment) = payment.filter(|_| is_granted && is_of_support(record)) {
            let payment = &mut self.all.payments[payment];
            payment.assisted = true;
            if let Some(payer) = payment.payer {
                let at = record.at;
                self.all.contacts.push(Contact { payer, at });
            }
        }
        if !self.all.is_within(record.at) {
            return;
        }
        let of_operation = self
            .all
            .requests
            .entry(record.operation.clone())
            .or_default();
        match is_granted {
            true => of_operation.granted += 1,
            false => of_operation.refused += 1,
        }
        self.all.asked_at.push(record.at);
        let shown = record.shown.iter().filter(|_| is_of_support(record));
        for sight in shown
            .flat_map(|shown| shown.by.values())
            .map(|by| &by.sight)
        {
            let disclosed = disclosed(sight);
            self.all.fields_disclosed += disclosed;
            self.all.fields_requested += disclosed + withheld(sight);
        }
    }

    fn follow(&mut self, number: usize, record: &DecisionRecord, follow: &Follow) {
        let payment = &mut self.all.payments[number];
        if follow.state == State::Disputed && payment.state != State::Disputed {
            payment.disputed = true;
            self.all.disputes.push((record.at, number));
        }
        if payment.state.may_become(follow.state) {
            payment.state = follow.state;
        }
        payment.captured |= payment.state.is_captured();
        payment.proved |= follow.passed.is_some() || follow.used.is_some();
        if matches!(follow.request, Some(Step::Refunded { .. })) {
            payment.refunds += 1;
        }
    }

    fn case(&mut self, record: &DecisionRecord) -> Option<usize> {
        let name = record.case.as_ref()?;
        if let Some(known) = self.cases.get(name) {
            return Some(*known);
        }
        self.cases.insert(name.clone(), self.all.cases.len());
        self.all.cases.push(Case {
            opened: record.at,
            resolved: None,
            payments: BTreeSet::new(),
            waiting: BTreeMap::new(),
        });
        Some(self.all.cases.len() - 1)
    }

    fn step(&mut self, case: usize, step: &Step) {
        let waiting = &mut self.all.cases[case].waiting;
        match step {
            Step::Asked {
                digest, expires_at, ..
            } => {
                waiting.insert(digest.clone(), *expires_at);
            }
            Step::Passed { .. } | Step::Failed { .. } | Step::Approved { .. } => {}
            done => {
                waiting.remove(done.digest());
            }
        }
    }

    /// Whether something of a case waits now.
    fn look_at(&mut self, case: usize, now: Timestamp) {
        let payments = &self.all.payments;
        let case = &mut self.all.cases[case];
        case.waiting.retain(|_, expires_at| *expires_at > now);
        let is_pending = |payment: &usize| payments[*payment].state == State::Pending;
        let waits = !case.waiting.is_empty() || case.payments.iter().any(is_pending);
        case.resolved = match waits || case.payments.is_empty() {
            true => None,
            false => case.resolved.or(Some(now)),
        };
    }

    /// What waited in vain until the end ended with its time.
    fn waited_in_vain(&mut self) {
        let end = self.all.end;
        for case in 0..self.all.cases.len() {
            let last = self.all.cases[case].waiting.values().max().copied();
            if let Some(last) = last.filter(|last| *last <= end) {
                self.look_at(case, last);
            }
        }
    }
}

fn is_of_support(record: &DecisionRecord) -> bool {
    let support = [Role::Agent, Role::Supervisor].map(Role::as_str);
    support.contains(&record.caller.role.as_str())
}

fn disclosed(sight: &Sight) -> u64 {
    sight
        .disclosed
        .values()
        .map(|fields| fields.len() as u64)
        .sum()
}

fn withheld(sight: &Sight) -> u64 {
    sight
        .withheld
        .values()
        .map(|fields| fields.len() as u64)
        .sum()
}
