//! The comparison for programs.

use serde_json::{Map, Value as Json, json};
use weft_policy::{Change, Impact, ListDiff, PolicyDiff, Said, Shown};

use super::{Compared, words};

pub(super) fn render(compared: &Compared<'_>) -> Result<String, serde_json::Error> {
    let diff = compared.diff;
    let all = json!({
        "old": compared.old.display().to_string(),
        "new": compared.new.display().to_string(),
        "may_change_decisions": diff.may_change_decisions(),
        "gave_up": diff.gave_up,
        "policies": diff.policies.iter().map(of_policy).collect::<Vec<_>>(),
        "lists": diff.lists.iter().map(of_list).collect::<Vec<_>>(),
        "pipeline": diff.pipeline.iter().map(of_change).collect::<Vec<_>>(),
        "dictionary": diff.dictionary.iter().map(of_change).collect::<Vec<_>>(),
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&all)?))
}

fn of_policy(policy: &PolicyDiff) -> Json {
    let status = |status: Option<weft_policy::Status>| {
        status.map(|status| format!("{status:?}").to_lowercase())
    };
    json!({
        "policy": policy.id,
        "title": policy.title,
        "file": policy.path,
        "fate": words::fate(policy.fate),
        "status": {"old": status(policy.status.0), "new": status(policy.status.1)},
        "counts": policy.counts(),
        "may_change_decisions": policy.may_change_decisions(),
        "changes": policy.changes.iter().map(of_change).collect::<Vec<_>>(),
    })
}

fn of_list(list: &ListDiff) -> Json {
    json!({
        "list": list.name,
        "title": list.title,
        "fate": words::fate(list.fate),
        "added": list.added,
        "removed": list.removed,
        "used_by": list.used_by,
        "in_policy": list.impact.as_ref().map(|(policy, _)| policy),
        "impact": list.impact.as_ref().map(|(_, impact)| of_impact(impact)),
        "changes": list.words.iter().map(of_change).collect::<Vec<_>>(),
    })
}

fn of_change(change: &Change) -> Json {
    json!({
        "what": change.what,
        "old": change.from,
        "new": change.to,
        "impact": of_impact(&change.impact),
    })
}

fn of_impact(impact: &Impact) -> Json {
    match impact {
        Impact::Words => json!({"kind": "words"}),
        Impact::Same => json!({"kind": "same"}),
        Impact::Open(why) => json!({"kind": "open", "why": why}),
        Impact::Shown(shown) => json!({"kind": "shown", "example": of_example(shown)}),
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
            "fired": word.fired,
            "missing": word.missing,
            "failure": word.failure,
        })
    });
    json!({"policy": policy, "decision": said.decision})
}
