//! The comparison for programs.

use serde_json::{Map, Value as Json, json};
use weft_policy::{Change, Impact, ListDiff, NotAsked, PolicyDiff, Said, Shown};

use super::{Compared, words};

pub(super) fn render(compared: &Compared<'_>) -> Result<String, serde_json::Error> {
    let diff = compared.diff;
    let all = json!({
        "old": compared.old.display().to_string(),
        "new": compared.new.display().to_string(),
        "may_change_decisions": diff.may_change_decisions(),
        "changes_what_is_told": diff.changes_what_is_told(),
        "refused": compared.refusal,
        "gave_up": diff.gave_up,
        "not_compared": diff.not_compared,
        "plugins_not_asked": words::plugins(compared, false),
        "plugins_taken_to_allow": words::plugins(compared, true),
        "policies": diff.policies.iter().map(|policy| of_policy(compared, policy)).collect::<Vec<_>>(),
        "lists": diff.lists.iter().map(|list| of_list(compared, list)).collect::<Vec<_>>(),
        "disclosures": of_changes(compared, &diff.disclosures),
        "pipeline": of_changes(compared, &diff.pipeline),
        "dictionary": of_changes(compared, &diff.dictionary),
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&all)?))
}

fn of_policy(compared: &Compared<'_>, policy: &PolicyDiff) -> Json {
    let status = |status: Option<weft_policy::Status>| {
        status.map(|status| format!("{status:?}").to_lowercase())
    };
    json!({
        "policy": policy.id,
        "title": policy.title,
        "file": policy.path,
        "file_before": policy.was_at,
        "fate": words::fate(policy.fate),
        "from": policy.period.map(|period| period.from.to_string()),
        "until": policy.period.and_then(|period| period.until).map(|until| until.to_string()),
        "status": {"old": status(policy.status.0), "new": status(policy.status.1)},
        "counts": policy.counts(),
        "may_change_decisions": policy.may_change_decisions(),
        "changes": of_changes(compared, &policy.changes),
    })
}

fn of_list(compared: &Compared<'_>, list: &ListDiff) -> Json {
    json!({
        "list": list.name,
        "title": list.title,
        "fate": words::fate(list.fate),
        "added": list.added,
        "removed": list.removed,
        "used_by": list.used_by,
        "in_policy": list.impact.as_ref().map(|(policy, _)| policy),
        "impact": list.impact.as_ref().map(|(_, impact)| of_impact(compared, impact)),
        "changes": of_changes(compared, &list.words),
    })
}

fn of_changes(compared: &Compared<'_>, changes: &[Change]) -> Vec<Json> {
    let one = |change: &Change| {
        json!({
            "what": change.what,
            "old": change.from,
            "new": change.to,
            "impact": of_impact(compared, &change.impact),
        })
    };
    changes.iter().map(one).collect()
}

fn of_impact(compared: &Compared<'_>, impact: &Impact) -> Json {
    match impact {
        Impact::Words => json!({"kind": "words"}),
        Impact::Told => json!({"kind": "told"}),
        Impact::Same => json!({"kind": "same"}),
        Impact::Open(why) => json!({"kind": "open", "why": why}),
        Impact::AsksPlugin => json!({"kind": "asks-plugin", "run": words::replay(compared)}),
        Impact::Shown(examples) => json!({
            "kind": "shown",
            "examples": examples.shown.iter().map(of_example).collect::<Vec<_>>(),
            "not_known": examples.not_known.map(|not| json!({
                "milder": not.milder,
                "stricter": not.stricter,
                "looked_at": not.looked_at,
            })),
        }),
    }
}

fn of_example(shown: &Shown) -> Json {
    let facts = shown.example.facts();
    let facts: Map<String, Json> = facts
        .map(|(name, value)| (name.to_owned(), value.to_json()))
        .collect();
    json!({
        "operation": shown.operation,
        "at": shown.at.to_string(),
        "facts": facts,
        "asked": shown.asked,
        "old": of_said(&shown.old),
        "new": of_said(&shown.new),
    })
}

fn of_said(said: &Said) -> Json {
    let policy = said.policy.as_ref().map(|word| {
        json!({
            "verdict": word.verdict,
            "risk": word.risk,
            "reasons": word.reasons,
            "obligations": word.obligations,
            "told_by": word.told_by,
            "fired": word.fired,
            "missing": word.missing,
            "failure": word.failure,
        })
    });
    json!({
        "policy": policy,
        "not_asked": said.not_asked.map(not_asked),
        "decision": said.decision,
        "cleared_by_step_up": said.is_cleared,
    })
}

fn not_asked(why: NotAsked) -> String {
    match why {
        NotAsked::NotThere => "not there".to_owned(),
        NotAsked::NotEnforced(status) => format!("{status:?}").to_lowercase(),
        NotAsked::NotInForce => "not in force".to_owned(),
        NotAsked::OtherOperation => "other operation".to_owned(),
    }
}
