//! The report of a replay on the terminal.

use weft_engine::replay::report::{Change, Item, LeftOut, ReplayReport, Sums, What};

use crate::output;

/// Decisions that are named where no list was asked for.
const SHOWN: usize = 5;

/// What a report says of the features that decisions were evaluated on.
pub(super) fn about_features(change: &Change) -> &'static str {
    if change.features_carried {
        "Features were computed again with the changed verdicts, from the beginning of the log: a payment that is not released now makes nothing \
         familiar for those after it. What customers and support would have done otherwise is not in it."
    } else {
        "Each decision was evaluated on the features that were recorded. That a changed verdict makes other things \
         familiar for later payments is not in it; --carry computes that, too."
    }
}

pub(super) fn tell(report: &ReplayReport, list: bool) {
    if !report.has_decisions() {
        return trouble(report);
    }
    let when = match (report.first, report.last) {
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
        _ => String::new(),
    };
    output::line(&format!(
        "{}{when}, taken with {}",
        output::counted_u64(report.decisions, "decision"),
        output::counted(report.sets.len(), "policy set")
    ));
    match &report.change {
        None => recorded(report, list),
        Some(change) => changed(change, list),
    }
    for left in report.left_out.values() {
        left_out(left, list);
    }
    trouble(report);
}

/// The recorded sets.
fn recorded(report: &ReplayReport, list: bool) {
    output::line(&format!(
        "  {:>9}  come out as recorded, every finding byte for byte, fuel included",
        report.reproduced
    ));
    if report.reproduced_by_another_version > 0 {
        output::line(&format!(
            "  {:>9}  come out as recorded but for fuel and the host's version: another version took them",
            report.reproduced_by_another_version
        ));
    }
    output::line(&format!("  {:>9}  differ", report.differ));
    if !list {
        let shown = report.differing.iter().take(SHOWN);
        shown.for_each(|one| output::line(&format!("             {}", item(one))));
        more(report.differ, SHOWN);
    }
    if let Some(forgotten) = &report.forgotten {
        output::line(&format!(
            "\nOf {} whose facts were not to be stored, {} as recorded on the facts that are there, and {} on facts \
             that are not",
            output::counted_u64(forgotten.decisions, "decision"),
            match forgotten.findings_reproduced {
                1 => "1 finding comes out".to_owned(),
                n => format!("{n} findings come out"),
            },
            match forgotten.findings_unknown {
                1 => "1 rests".to_owned(),
                n => format!("{n} rest"),
            },
        ));
    }
}

/// Another set.
fn changed(change: &Change, list: bool) {
    output::line(&format!(
        "compared with the policy set {}",
        change.policy_set
    ));
    output::line(&format!(
        "  {:>9}  have another verdict\n  {:>9}  have the same; {} of them other reasons, obligations or risk",
        change.changed, change.unchanged, change.otherwise
    ));
    output::line(&format!("\n{}", about_features(change)));
    for (operation, cells) in &change.matrix {
        output::line(&format!("\n{operation}"));
        for cell in cells {
            let arrow = if cell.from == cell.to { "stays" } else { "→" };
            output::line(&format!(
                "  {:<10} {arrow:<5} {:<10} {:>9}  {}",
                cell.from.as_str(),
                cell.to.as_str(),
                cell.count,
                sums(&cell.money)
            ));
        }
    }
    if !change.causes.is_empty() {
        output::line("\nBecause of (a decision may have several causes)");
    }
    for cause in &change.causes {
        output::line(&format!(
            "  {:>9}  {} → {}: {}, {}  {}",
            cause.count,
            cause.from.as_str(),
            cause.to.as_str(),
            cause.policy,
            cause.what,
            sums(&cause.money)
        ));
    }
    if change.changed > 0 && !list {
        output::line("\n--list names the decisions");
    }
}

pub(super) fn sums(money: &Sums) -> String {
    let sums: Vec<String> = money
        .each()
        .map(|(currency, sum)| format!("{sum} {currency}"))
        .collect();
    sums.join(", ")
}

fn left_out(left: &LeftOut, list: bool) {
    output::line(&format!(
        "\n  {:>9}  not evaluated again: {}",
        left.count, left.title
    ));
    if !list && !left.decisions.is_empty() {
        let shown = left.decisions.iter().take(SHOWN);
        shown.for_each(|decision| output::line(&format!("             {decision}")));
        more(left.count, SHOWN);
    }
}

fn more(count: u64, shown: usize) {
    let rest = count.saturating_sub(shown as u64);
    if rest > 0 {
        output::line(&format!("             and {rest} more; --list names them"));
    }
}

/// What keeps the report from being about the whole log.
fn trouble(report: &ReplayReport) {
    for why in report.sets_missing.values() {
        output::error(why);
    }
    for place in &report.damage {
        output::error(&format!(
            "the log is damaged: {place}; `weft audit verify` tells all"
        ));
    }
    if report.unreadable > 0 {
        output::error(&format!(
            "{} do not have a form that this version reads; a newer host may have written them",
            output::counted_u64(report.unreadable, "record")
        ));
    }
}

/// One decision on one line.
pub(super) fn item(item: &Item) -> String {
    let what = match &item.what {
        What::Differs { differences } => {
            let parts: Vec<String> = differences
                .iter()
                .map(|d| format!("{} ({})", d.policy, d.what))
                .collect();
            format!("differs: {}", parts.join(", "))
        }
        What::Changes {
            from,
            to,
            amount,
            causes,
        } => {
            let causes: Vec<String> = causes.iter().map(|(p, w)| format!("{p}, {w}")).collect();
            let amount = amount.as_ref().map(|(n, c)| format!(" {n} {c}"));
            format!(
                "{} → {}{}: {}",
                from.as_str(),
                to.as_str(),
                amount.unwrap_or_default(),
                causes.join("; ")
            )
        }
        What::LeftOut { why } => format!("left out: {why}"),
    };
    format!("{} {} {} {what}", item.decision, item.at, item.operation)
}
