//! The report for a terminal, and numbers in words.

use std::fmt::Write;

use super::numbers::Numbers;
use super::statistics::{Share, Spread};
use crate::output;

pub(super) fn render(numbers: &Numbers) -> String {
    let mut text = format!(
        "How payments and assistance went, from the audit log: {}\n",
        period(numbers)
    );
    for (name, told) in lines(numbers) {
        let _ = writeln!(text, "\n{name}");
        for (what, how) in told {
            let _ = writeln!(text, "  {what:<34} {how}");
        }
    }
    text
}

/// All lines, by heading: what, and how much.
pub(super) fn lines(numbers: &Numbers) -> Vec<(&'static str, Vec<(String, String)>)> {
    let payments = &numbers.payments;
    let assistance = &numbers.assistance;
    let line = |what: &str, how: String| (what.to_owned(), how);
    let verdicts: Vec<String> = payments
        .by_verdict
        .iter()
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    let of_payments = vec![
        line(
            "decided",
            format!("{} ({})", payments.decided, verdicts.join(", ")),
        ),
        line(
            "approved, denied, waiting",
            format!(
                "{}, {}, {}",
                payments.approved, payments.denied, payments.open
            ),
        ),
        line("success rate", share(&payments.success)),
        line("flagged, challenged or held", payments.flagged.to_string()),
        line(
            "false positives among these",
            share(&payments.false_positives),
        ),
        line("refunds", payments.refunds.to_string()),
    ];
    let mut of_assistance = vec![line("requests", assistance.requests.to_string())];
    for (operation, granted) in &assistance.by_operation {
        of_assistance.push((format!("  {operation}, granted"), share(granted)));
    }
    of_assistance.extend([
        line(
            "time to resolution",
            spread(&assistance.time_to_resolution_s),
        ),
        line(
            "  answered at once",
            assistance.resolved_at_once.to_string(),
        ),
        line("cases open, and how long", spread(&assistance.open_s)),
        line(
            "cases about no payment",
            assistance.about_no_payment.to_string(),
        ),
        line(
            "fields shown of those asked for",
            share(&assistance.disclosure),
        ),
    ]);
    let disputes = &numbers.disputes;
    let of_disputes = vec![
        line("opened", disputes.opened.to_string()),
        line(
            "for 10,000 settled payments",
            rate(disputes.per_10k_settled),
        ),
        line(
            "  of those with assistance",
            rate(disputes.per_10k_settled_assisted),
        ),
        line(
            "  of those without",
            rate(disputes.per_10k_settled_not_assisted),
        ),
    ];
    let retention = &numbers.retention;
    let of_retention = vec![
        line("paid again after a contact", share(&retention.contacted)),
        line("others, as active before", share(&retention.others)),
        line(
            "contacts too recent to tell",
            retention.too_recent.to_string(),
        ),
    ];
    let of_interventions = numbers
        .interventions
        .iter()
        .map(|one| {
            let released = output::counted_u64(one.payments, "payment");
            (
                one.released.to_owned(),
                format!("{released}; fraudulent {}", share(&one.fraud)),
            )
        })
        .collect();
    vec![
        ("Payments", of_payments),
        ("Assistance", of_assistance),
        ("Disputes", of_disputes),
        ("Retention", of_retention),
        ("Released, and what of it is known", of_interventions),
    ]
}

/// Of which time.
pub(super) fn period(numbers: &Numbers) -> String {
    match (&numbers.from, &numbers.to) {
        (None, None) => "all of it".to_owned(),
        (Some(from), None) => format!("from {from} on"),
        (None, Some(to)) => format!("before {to}"),
        (Some(from), Some(to)) => format!("from {from} on and before {to}"),
    }
}

pub(super) fn share(share: &Share) -> String {
    let percent = |part: f64| format!("{:.1}", part * 100.0);
    match (share.share, share.low, share.high) {
        (Some(part), Some(low), Some(high)) => format!(
            "{} % ({} of {}; 95 %: {} to {})",
            percent(part),
            share.count,
            share.of,
            percent(low),
            percent(high)
        ),
        _ => "nothing is known".to_owned(),
    }
}

fn spread(spread: &Spread) -> String {
    match (spread.mean, spread.p50, spread.p95, spread.most) {
        (Some(mean), Some(p50), Some(p95), Some(most)) => format!(
            "{}: mean {}, p50 {}, p95 {}, longest {}",
            output::counted_u64(spread.count, "case"),
            duration(mean),
            duration(p50),
            duration(p95),
            duration(most)
        ),
        _ => "none".to_owned(),
    }
}

/// As people say it.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3_600.0 => format!("{:.1} min", s / 60.0),
        s if s < 86_400.0 => format!("{:.1} h", s / 3_600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(
        || "nothing was settled".to_owned(),
        |rate| format!("{rate:.2}"),
    )
}
