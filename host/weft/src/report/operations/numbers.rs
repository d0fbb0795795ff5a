//! The numbers, each by its definition.

use std::collections::BTreeMap;

use serde::Serialize;
use weft_assist::State;
use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

use super::gather::{Gathered, Payment};
use super::retention::{self, Retention};
use super::statistics::{Share, Spread};

const FORM: &str = "weft.operations/1";
const DAY_MS: u64 = 86_400_000;
/// Disputes are told for so many settled payments.
const SETTLED: f64 = 10_000.0;

/// All of them.
#[derive(Debug, Serialize)]
pub(super) struct Numbers {
    form: &'static str,
    /// RFC 3339; none from the beginning of the log.
    pub(super) from: Option<String>,
    /// RFC 3339; none to its end.
    pub(super) to: Option<String>,
    pub(super) payments: Payments,
    pub(super) assistance: Assistance,
    pub(super) disputes: Disputes,
    pub(super) retention: Retention,
    /// By how a payment came to be released, how many of those of which it is known were fraudulent.
    pub(super) interventions: Vec<Intervention>,
    pub(super) days: Vec<Day>,
}

/// Payments that were first decided in the time.
#[derive(Debug, Serialize)]
pub(super) struct Payments {
    pub(super) decided: u64,
    /// By their first decision.
    pub(super) by_verdict: BTreeMap<&'static str, u64>,
    /// Went on to settlement.
    pub(super) approved: u64,
    /// Were refused, or nobody released them in time.
    pub(super) denied: u64,
    /// Wait.
    pub(super) open: u64,
    /// Approved of approved and denied.
    pub(super) success: Share,
    /// Flagged, challenged or held at first.
    pub(super) flagged: u64,
    /// Legitimate ones of those flagged of which it is known.
    pub(super) false_positives: Share,
    pub(super) refunds: u64,
}

/// Requests that were made, and cases that were resolved in the time.
#[derive(Debug, Serialize)]
pub(super) struct Assistance {
    pub(super) requests: u64,
    pub(super) by_operation: BTreeMap<String, Share>,
    /// From the first request of a case until nothing of it waits: no payment that it is about, no request within it.
    pub(super) time_to_resolution_s: Spread,
    /// Of these, how many were answered at once: nothing of them ever waited.
    pub(super) resolved_at_once: u64,
    /// How old the cases are that are not resolved at the end of the time.
    pub(super) open_s: Spread,
    /// Cases in which nobody was told of a payment.
    pub(super) about_no_payment: u64,
    /// Fields that support was shown, of those that policies asked for.
    pub(super) disclosure: Share,
}

/// Disputes that were opened in the time.
#[derive(Debug, Serialize)]
pub(super) struct Disputes {
    pub(super) opened: u64,
    /// For 10,000 payments of the time that were settled; none where none was.
    pub(super) per_10k_settled: Option<f64>,
    pub(super) per_10k_settled_assisted: Option<f64>,
    pub(super) per_10k_settled_not_assisted: Option<f64>,
}

/// See [`Numbers::interventions`].
#[derive(Debug, Serialize)]
pub(super) struct Intervention {
    pub(super) released: &'static str,
    pub(super) payments: u64,
    pub(super) fraud: Share,
}

/// One day (UTC).
#[derive(Debug, Serialize)]
pub(super) struct Day {
    /// As `2026-11-23`.
    pub(super) day: String,
    pub(super) payments: u64,
    pub(super) success: Share,
    pub(super) requests: u64,
    pub(super) cases_resolved: u64,
    pub(super) mean_resolution_s: Option<f64>,
}

impl Numbers {
    pub(super) fn of(all: &Gathered) -> Numbers {
        let payments: Vec<&Payment> = all
            .payments
            .iter()
            .filter(|p| all.is_within(p.at))
            .collect();
        Numbers {
            form: FORM,
            from: all.from.map(|at| at.to_string()),
            to: all.to.map(|at| at.to_string()),
            payments: of_payments(&payments),
            assistance: of_assistance(all),
            disputes: of_disputes(all, &payments),
            retention: retention::of(all),
            interventions: of_interventions(&payments),
            days: of_days(all, &payments),
        }
    }
}

fn count<'a>(
    payments: impl IntoIterator<Item = &'a &'a Payment>,
    is: impl Fn(&Payment) -> bool,
) -> u64 {
    payments.into_iter().filter(|payment| is(payment)).count() as u64
}

fn success(payments: &[&Payment]) -> Share {
    let approved = count(payments, |payment| payment.captured);
    Share::new(approved, approved + count(payments, is_denied))
}

fn is_denied(payment: &Payment) -> bool {
    matches!(payment.state, State::Refused | State::Expired)
}

fn fraud<'a>(payments: impl IntoIterator<Item = &'a &'a Payment>) -> Share {
    let known: Vec<bool> = payments
        .into_iter()
        .filter_map(|p| p.fraudulent())
        .collect();
    let fraudulent = known.iter().filter(|is| **is).count();
    Share::new(fraudulent as u64, known.len() as u64)
}

fn of_payments(payments: &[&Payment]) -> Payments {
    let mut by_verdict = BTreeMap::new();
    for payment in payments {
        *by_verdict.entry(payment.first.as_str()).or_default() += 1;
    }
    let flagged = || payments.iter().filter(|payment| payment.is_flagged());
    let fraud = fraud(flagged());
    Payments {
        decided: payments.len() as u64,
        by_verdict,
        approved: count(payments, |payment| payment.captured),
        denied: count(payments, is_denied),
        open: count(payments, |payment| payment.state == State::Pending),
        success: success(payments),
        flagged: flagged().count() as u64,
        false_positives: Share::new(fraud.of - fraud.count, fraud.of),
        refunds: payments
            .iter()
            .map(|payment| u64::from(payment.refunds))
            .sum(),
    }
}

fn of_assistance(all: &Gathered) -> Assistance {
    let by_operation: BTreeMap<String, Share> = all
        .requests
        .iter()
        .map(|(operation, all)| {
            let share = Share::new(all.granted, all.granted + all.refused);
            (operation.clone(), share)
        })
        .collect();
    let (mut took, mut open, mut about_no_payment) = (Vec::new(), Vec::new(), 0);
    for case in &all.cases {
        match case.resolved {
            _ if !case.is_about_a_payment() => {
                about_no_payment += u64::from(all.is_within(case.opened));
            }
            Some(resolved) if all.is_within(resolved) => took.push(resolved.since(case.opened).0),
            Some(_) => {}
            None => open.push(all.end.since(case.opened).0),
        }
    }
    Assistance {
        requests: by_operation.values().map(|share| share.of).sum(),
        by_operation,
        resolved_at_once: took.iter().filter(|took| **took == 0).count() as u64,
        time_to_resolution_s: Spread::of(took),
        open_s: Spread::of(open),
        about_no_payment,
        disclosure: Share::new(all.fields_disclosed, all.fields_requested),
    }
}

fn of_disputes(all: &Gathered, payments: &[&Payment]) -> Disputes {
    let opened: Vec<&Payment> = all
        .disputes
        .iter()
        .filter(|(at, _)| all.is_within(*at))
        .map(|(_, number)| &all.payments[*number])
        .collect();
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let per_10k = |is: &dyn Fn(&Payment) -> bool| {
        let settled = count(payments, |payment| payment.captured && is(payment));
        let disputes = opened.iter().filter(|payment| is(payment)).count();
        (settled > 0).then(|| disputes as f64 * SETTLED / settled as f64)
    };
    Disputes {
        opened: opened.len() as u64,
        per_10k_settled: per_10k(&|_| true),
        per_10k_settled_assisted: per_10k(&|payment| payment.assisted),
        per_10k_settled_not_assisted: per_10k(&|payment| !payment.assisted),
    }
}

/// Whether a payment belongs to something that is told.
type Is = fn(&Payment) -> bool;

fn of_interventions(payments: &[&Payment]) -> Vec<Intervention> {
    let ways: [(&'static str, Is); 4] = [
        ("at once", |p| p.first == Verdict::Allow),
        ("at once, flagged", |p| p.first == Verdict::Flag),
        ("after the customer's evidence", |p| {
            p.first == Verdict::Challenge
        }),
        ("after support's confirmation", |p| p.first == Verdict::Hold),
    ];
    let released = |is: Is| {
        payments
            .iter()
            .filter(move |payment| payment.captured && is(payment))
    };
    ways.into_iter()
        .map(|(way, is)| Intervention {
            released: way,
            payments: released(is).count() as u64,
            fraud: fraud(released(is)),
        })
        .collect()
}

fn of_days(all: &Gathered, payments: &[&Payment]) -> Vec<Day> {
    #[derive(Default)]
    struct OfDay<'a> {
        payments: Vec<&'a Payment>,
        requests: u64,
        took: Vec<u64>,
    }
    let mut days: BTreeMap<u64, OfDay<'_>> = BTreeMap::new();
    let day = |at: Timestamp| at.0 / DAY_MS;
    for payment in payments {
        days.entry(day(payment.at))
            .or_default()
            .payments
            .push(payment);
    }
    for at in &all.asked_at {
        days.entry(day(*at)).or_default().requests += 1;
    }
    for case in all.cases.iter().filter(|case| case.is_about_a_payment()) {
        if let Some(resolved) = case.resolved.filter(|at| all.is_within(*at)) {
            let took = resolved.since(case.opened).0;
            days.entry(day(resolved)).or_default().took.push(took);
        }
    }
    days.into_iter()
        .map(|(number, of_day)| {
            let took = Spread::of(of_day.took);
            let mut day = Timestamp(number * DAY_MS).to_string();
            day.truncate("2026-11-23".len());
            Day {
                day,
                payments: of_day.payments.len() as u64,
                success: success(&of_day.payments),
                requests: of_day.requests,
                cases_resolved: took.count,
                mean_resolution_s: took.mean,
            }
        })
        .collect()
}
