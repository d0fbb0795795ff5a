//! What all forms say in the same words.

use std::cmp::Ordering;

use weft_policy::{
    Examples, Fate, Impact, NotAsked, PolicyDiff, Said, SetDiff, Shown, Status, Word,
};
use weft_verdict::{Obligation, Verdict};

use super::Compared;
use crate::output;

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
pub(super) fn impact(compared: &Compared<'_>, change: &Impact, counts: bool) -> Option<String> {
    match change {
        Impact::Words | Impact::Shown(_) => None,
        Impact::Told => {
            counts.then(|| "the verdicts are the same; what readers are told changes".to_owned())
        }
        Impact::Same => Some("decides the same: proven".to_owned()),
        Impact::Open(why) if counts => Some(format!("may change decisions; {why}")),
        Impact::Open(why) => Some(why.clone()),
        Impact::AsksPlugin => {
            let may = if counts { "may change decisions; " } else { "" };
            Some(format!(
                "{may}what the plugin makes of it only the plugin can say, so no facts are shown. Ask it about recorded \
                 decisions: `{}`",
                replay(compared)
            ))
        }
    }
}

/// The command that asks plugins.
pub(super) fn replay(compared: &Compared<'_>) -> String {
    let new = compared.new.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    let new = match new.chars().all(is_plain) {
        true => new,
        false => format!("'{}'", new.replace('\'', r"'\''")),
    };
    format!("weft policy replay --data weft-data --policies {new} --plugins target/plugins")
}

/// The facts of an example, each with its title: those that the policy asks, then those with which no other policy is
/// in the way.
pub(super) fn facts(compared: &Compared<'_>, shown: &Shown) -> [Vec<String>; 2] {
    let titled = |(name, value): (&str, String)| match compared.dictionary.by_name(name) {
        Some(field) => format!("{} ({name}): {value}", field.title),
        None => format!("{name}: {value}"),
    };
    let is_asked = |name: &str| shown.asked.is_empty() || shown.asked.contains(name);
    [true, false].map(|asked| {
        let facts = shown
            .example
            .words()
            .filter(|(name, _)| is_asked(name) == asked);
        facts.map(titled).collect()
    })
}

/// Before the facts of other policies.
pub(super) const SO_THAT: &str = "and, so that no other policy is in the way:";

/// What is not known of the strongest change, if the search ended before that was known.
pub(super) fn bound(examples: &Examples) -> Option<String> {
    let not = examples.not_known?;
    let is_shown = |order| {
        let mut shown = examples.shown.iter();
        shown.any(|shown| shown.new.compared_with(&shown.old) == order)
    };
    let way = |is_open: bool, word: &str, order| {
        let more = if is_shown(order) {
            ", by more than shown"
        } else {
            ""
        };
        is_open.then(|| format!("{word}{more}"))
    };
    let ways = [
        way(not.milder, "milder", Ordering::Less),
        way(not.stricter, "stricter", Ordering::Greater),
    ];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    Some(format!(
        "not known: whether a request is there whose decision gets {}; the search made {} from the conditions, asked both \
         sets about each, and met its bound before it could rule that out",
        ways.join(", or "),
        output::counted(not.looked_at, "request"),
    ))
}

/// When the two versions stand against each other, if there are several of the policy.
pub(super) fn period(policy: &PolicyDiff) -> Option<String> {
    let period = policy.period?;
    Some(match period.until {
        Some(until) => format!("from {} until {until}", period.from),
        None => format!("from {} on", period.from),
    })
}

/// What is said with both sets: by the policy, and what is decided if the policy counts.
pub(super) fn said(shown: &Shown, counts: bool) -> [String; 2] {
    let (old, new) = (&shown.old, &shown.new);
    let told = told_by(old) != told_by(new);
    // Only where nothing else tells them apart.
    let is_waiting = old.decision == new.decision && old.is_cleared != new.is_cleared;
    let decision = |said: &Said| match is_waiting && said.is_cleared {
        true => format!("{} until a step-up clears it", said.decision.as_str()),
        false => said.decision.as_str().to_owned(),
    };
    let change = match new.compared_with(old) {
        Ordering::Less => ", milder",
        Ordering::Equal => "",
        Ordering::Greater => ", stricter",
    };
    let one = |said: &Said, change: &str| match counts {
        true => format!(
            "{}{change}; {}",
            decision(said),
            of_policy(said, true, told)
        ),
        false => of_policy(said, false, told),
    };
    [one(old, ""), one(new, change)]
}

fn told_by(said: &Said) -> Option<&String> {
    said.policy.as_ref()?.told_by.as_ref()
}

/// What the policy says; also by whose words readers are told, where that differs.
fn of_policy(said: &Said, counts: bool, told: bool) -> String {
    // Of a policy that does not count this is said once.
    let not_asked = said
        .not_asked
        .filter(|why| counts || !matches!(why, NotAsked::NotEnforced(_)));
    let says = said.policy.as_ref().map(|word| policy_says(word, told));
    match (not_asked.map(why_not_asked), says) {
        (None, None) => "no policy says anything".to_owned(),
        (None, Some(says)) if counts => format!("the policy says {says}"),
        (None, Some(says)) => format!("the policy would say {says}"),
        (Some(why), None) => format!("the policy {why}"),
        (Some(why), Some(says)) => format!("the policy {why}; it would say {says}"),
    }
}

fn why_not_asked(why: NotAsked) -> &'static str {
    match why {
        NotAsked::NotThere => "is not there",
        NotAsked::NotEnforced(Status::Draft) => "is a draft and does not count",
        NotAsked::NotEnforced(Status::Shadow) => "is in shadow and does not count",
        NotAsked::NotEnforced(_) => "is a canary and does not count",
        NotAsked::NotInForce => "is not in force at this instant",
        NotAsked::OtherOperation => "is not asked about this operation",
    }
}

fn policy_says(word: &Word, told: bool) -> String {
    let is_quiet = word.fired.is_empty() && word.missing.is_empty() && word.failure.is_none();
    if word.verdict == Verdict::Abstain && is_quiet {
        return "nothing".to_owned();
    }
    let mut said = word.verdict.as_str().to_owned();
    if !word.reasons.is_empty() {
        said.push_str(&format!(" ({})", word.reasons.join(", ")));
    }
    if !word.fired.is_empty() {
        said.push_str(&format!(" by {}", word.fired.join(", ")));
    }
    if let Some(risk) = word.risk {
        said.push_str(&format!(", risk {risk}"));
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
    if told {
        match &word.told_by {
            Some(reason) => said.push_str(&format!(", in the words of the reason {reason}")),
            None => said.push_str(", in the policy's own words"),
        }
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

/// The last line: what all changes do together.
pub(super) fn verdict(diff: &SetDiff) -> &'static str {
    if diff.is_empty() {
        "Nothing changed."
    } else if diff.may_change_decisions() {
        "Decisions change, or may."
    } else if diff.changes_what_is_told() {
        "Every verdict is the same. What readers are told of decisions changes."
    } else if diff.is_same_but_for_what_is_not_compared() {
        "Nothing changed of what is compared."
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

/// What is not compared, and which files differ in nothing else.
pub(super) fn not_compared(diff: &SetDiff) -> Option<String> {
    let what = "Not compared: tests, remarks, and how the same is written.";
    match diff.not_compared.as_slice() {
        _ if diff.is_empty() => None,
        [] => Some(what.to_owned()),
        files => Some(format!("{what} Only in that differ: {}.", files.join(", "))),
    }
}

/// The policies that ask a plugin which is taken to allow, or those whose plugin is left out.
pub(super) fn plugins<'a>(compared: &Compared<'a>, is_taken_to_allow: bool) -> Vec<&'a str> {
    let all = compared.asks_plugins.iter();
    let wanted = all.filter(|(_, allows)| **allows == is_taken_to_allow);
    wanted.map(|(policy, _)| *policy).collect()
}

/// That a host would refuse the new set, and why.
pub(super) fn refused(compared: &Compared<'_>) -> Option<String> {
    let new = compared.new.display();
    let why = compared.refusal.join("; ");
    (!why.is_empty()).then(|| format!("A host would refuse {new}: {why}."))
}

/// That what is shown is what the rules decide, where plugins have a say, too.
pub(super) fn without_plugins(compared: &Compared<'_>) -> Option<String> {
    if compared.asks_plugins.is_empty() {
        return None;
    }
    let told = |policies: Vec<&str>, before: &str, after: &str| {
        (!policies.is_empty()).then(|| format!("{before} {}{after}", policies.join(", ")))
    };
    let parts = [
        told(plugins(compared, true), "as if those of", " allowed"),
        told(plugins(compared, false), "without those of", ""),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(format!(
        "Plugins were not asked: what is shown is what the rules decide, {}; the components of plugins are not compared. \
         To ask them about recorded decisions: `{}`.",
        parts.join(", and "),
        replay(compared)
    ))
}
