//! What all forms say in the same words.

use weft_policy::{Change, Fate, Impact, PolicyDiff, SetDiff, Shown, Status, Word};
use weft_verdict::Obligation;

use super::Compared;

/// What became of a policy or list.
pub(super) fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Added => "added",
        Fate::Removed => "removed",
        Fate::Changed => "changed",
    }
}

/// `enforced`, or `draft, then enforced`.
pub(super) fn status(policy: &PolicyDiff) -> String {
    let word = |status: Status| format!("{status:?}").to_lowercase();
    match policy.status {
        (Some(old), Some(new)) if old != new => format!("{}, now {}", word(old), word(new)),
        (Some(status), _) | (None, Some(status)) => word(status),
        (None, None) => String::new(),
    }
}

/// What a change does, where no facts are shown.
pub(super) fn impact(change: &Impact, counts: bool) -> Option<String> {
    match change {
        Impact::Words | Impact::Shown(_) => None,
        Impact::Same => Some("decides the same: proven".to_owned()),
        Impact::Open(why) if counts => Some(format!("may change decisions; {why}")),
        Impact::Open(why) => Some(why.clone()),
    }
}

/// The facts of an example, each with its title.
pub(super) fn facts(compared: &Compared<'_>, shown: &Shown) -> Vec<String> {
    let titled = |(name, value): (&str, String)| match compared.dictionary.by_name(name) {
        Some(field) => format!("{} ({name}): {value}", field.title),
        None => format!("{name}: {value}"),
    };
    shown.example.words().map(titled).collect()
}

/// What is said with one of the two sets: by the policy, and what is decided if the policy counts.
pub(super) fn said(word: Option<&Word>, decision: weft_verdict::Verdict, counts: bool) -> String {
    let mut said = match word {
        None if counts => "the policy is not asked".to_owned(),
        None => "nothing".to_owned(),
        Some(word) => policy_says(word),
    };
    if counts {
        said = format!("{}; {said}", decision.as_str());
    }
    said
}

fn policy_says(word: &Word) -> String {
    let mut said = format!("the policy says {}", word.verdict.as_str());
    if !word.fired.is_empty() {
        said.push_str(&format!(" by {}", word.fired.join(", ")));
    }
    if !word.missing.is_empty() {
        said.push_str(&format!(", missing {}", word.missing.join(", ")));
    }
    if let Some(why) = &word.failure {
        said.push_str(&format!(", cannot tell: {why}"));
    }
    for duty in &word.obligations {
        said.push_str(&format!(", {}", obligation(duty)));
    }
    said
}

fn obligation(obligation: &Obligation) -> String {
    let arguments = obligation
        .arguments
        .iter()
        .map(|(name, value)| format!(" {name} {value}"));
    format!(
        "{}{}",
        obligation.kind.as_str(),
        arguments.collect::<String>()
    )
}

/// Whether it is worth saying when it is decided: where it is about time.
pub(super) fn when(compared_at: &Change) -> bool {
    compared_at.what.starts_with("in force")
}

/// The last line: what all changes do together.
pub(super) fn verdict(diff: &SetDiff) -> &'static str {
    if diff.is_empty() {
        "Nothing changed."
    } else if diff.may_change_decisions() {
        "Decisions change, or may."
    } else {
        "Every decision is the same."
    }
}

/// That the search was not finished, if it was not.
pub(super) fn gave_up(diff: &SetDiff) -> Option<&'static str> {
    diff.gave_up.then_some(
        "The search for examples ended at its bound: there may be some where none are shown.",
    )
}

/// Of a list whose entries changed.
pub(super) const NOT_ASKED: &str = "No policy that counts decides otherwise by it";

/// That what is shown is what the rules decide, where plugins have a say, too.
pub(super) fn without_plugins(compared: &Compared<'_>) -> Option<&'static str> {
    let diff = compared.diff;
    let shows = |change: &Change| matches!(change.impact, Impact::Shown(_));
    let counting = diff.policies.iter().filter(|policy| policy.counts());
    let of_policies = counting.flat_map(|policy| &policy.changes);
    let of_lists = diff.lists.iter().filter_map(|list| list.impact.as_ref());
    let is_shown = of_policies.chain(&diff.pipeline).any(shows)
        || of_lists
            .into_iter()
            .any(|(_, impact)| matches!(impact, Impact::Shown(_)));
    (is_shown && compared.asks_plugins).then_some(
        "What is shown is what the rules decide; plugins have a say, too, and were not asked.",
    )
}
