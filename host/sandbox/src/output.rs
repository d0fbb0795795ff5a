//! A guest's answer, judged before anybody uses it.
//!
//! A plugin can only say what its manifest declares. What it says wrongly is not repaired but a
//! failure, and the failure's text never repeats the guest's words: an undeclared code could be a
//! fact in disguise. It names what was declared instead.

use std::collections::{BTreeMap, BTreeSet};

use weft_diagnostic::did_you_mean;
use weft_redact::{Layer, Reading};
use weft_verdict::limits::{MAX_ARGUMENTS, MAX_OBLIGATIONS, MAX_REASONS, MAX_RISK};
use weft_verdict::{Finding, Obligation, ObligationKind, Reason, Verdict};

use crate::limits::{MAX_ARGUMENT_CHARS, MAX_EVIDENCE};
use crate::manifest::Manifest;
use crate::text::is_printable;

/// A finding as the guest gave it.
pub(crate) struct RawFinding {
    pub(crate) verdict: Verdict,
    pub(crate) risk: Option<u16>,
    pub(crate) reasons: Vec<RawReason>,
    pub(crate) obligations: Vec<RawObligation>,
}

/// A reason as the guest gave it.
pub(crate) struct RawReason {
    pub(crate) code: String,
    pub(crate) evidence: Vec<u16>,
}

/// An obligation as the guest gave it.
pub(crate) struct RawObligation {
    pub(crate) kind: String,
    pub(crate) arguments: Vec<(String, RawArgument)>,
}

/// An argument as the guest gave it.
pub(crate) enum RawArgument {
    Text(String),
    /// Of another kind, named.
    Other(&'static str),
}

/// What may be said: the manifest, prepared for looking up.
pub(crate) struct Declared {
    fields: Vec<String>,
    reasons: BTreeSet<String>,
    obligations: BTreeSet<ObligationKind>,
}

impl Declared {
    pub(crate) fn new(manifest: &Manifest) -> Declared {
        Declared {
            fields: manifest.needs.iter().map(|n| n.field.clone()).collect(),
            reasons: manifest.reasons.iter().map(|r| r.code.clone()).collect(),
            obligations: manifest
                .obligations
                .iter()
                .filter_map(|kind| ObligationKind::from_name(kind))
                .collect(),
        }
    }

    /// The finding, or what is wrong with it and what to do.
    pub(crate) fn judge(&self, raw: RawFinding) -> Result<Finding, String> {
        if let Some(risk) = raw.risk.filter(|risk| *risk > MAX_RISK) {
            return Err(format!(
                "the risk is {risk}; it may be 0 to {MAX_RISK}, or none"
            ));
        }
        at_most("reasons", raw.reasons.len(), MAX_REASONS)?;
        at_most("obligations", raw.obligations.len(), MAX_OBLIGATIONS)?;
        Ok(Finding {
            verdict: raw.verdict,
            risk: raw.risk,
            reasons: numbered(raw.reasons, |n, reason| self.reason(n, reason))?,
            obligations: numbered(raw.obligations, |n, one| self.obligation(n, one))?,
        })
    }

    fn reason(&self, number: usize, raw: RawReason) -> Result<Reason, String> {
        if !self.reasons.contains(&raw.code) {
            return Err(format!(
                "the code of reason {number} is not declared in the manifest{}; declare it under \
                 `reasons`",
                hint(&raw.code, self.reasons.iter().map(String::as_str))
            ));
        }
        at_most(
            "needs as evidence of one reason",
            raw.evidence.len(),
            MAX_EVIDENCE,
        )?;
        let mut fields: Vec<String> = Vec::with_capacity(raw.evidence.len());
        for index in raw.evidence {
            let field = self.fields.get(usize::from(index)).ok_or_else(|| {
                format!(
                    "the evidence of reason {number} has the index {index}, the manifest declares \
                     {} needs; count from 0 in the manifest's order",
                    self.fields.len()
                )
            })?;
            if !fields.contains(field) {
                fields.push(field.clone());
            }
        }
        Ok(Reason {
            code: raw.code,
            fields,
        })
    }

    fn obligation(&self, number: usize, raw: RawObligation) -> Result<Obligation, String> {
        let kind = ObligationKind::from_name(&raw.kind).ok_or_else(|| {
            format!(
                "the kind of obligation {number} is not in the host's catalogue{}",
                hint(&raw.kind, ObligationKind::ALL.map(ObligationKind::as_str))
            )
        })?;
        if !self.obligations.contains(&kind) {
            return Err(format!(
                "obligation {number} is `{}`, which the manifest does not declare; declare it under \
                 `obligations`",
                kind.as_str()
            ));
        }
        at_most(
            "arguments of one obligation",
            raw.arguments.len(),
            MAX_ARGUMENTS,
        )?;
        let mut arguments = BTreeMap::new();
        for (name, value) in raw.arguments {
            let text = argument(number, &name, value)?;
            if arguments.insert(name, text).is_some() {
                return Err(format!(
                    "obligation {number} has the same argument twice; give each once"
                ));
            }
        }
        kind.check(&arguments)
            .map_err(|why| format!("obligation {number}: {why}"))?;
        Ok(Obligation { kind, arguments })
    }
}

fn argument(number: usize, name: &str, value: RawArgument) -> Result<String, String> {
    let text = match value {
        RawArgument::Text(text) => text,
        RawArgument::Other(kind) => {
            return Err(format!(
                "an argument of obligation {number} is of kind {kind}; arguments are texts"
            ));
        }
    };
    for part in [name, &text] {
        if part.len() > MAX_ARGUMENT_CHARS || !part.chars().all(is_printable) {
            return Err(format!(
                "an argument of obligation {number} is longer than {MAX_ARGUMENT_CHARS} bytes or has \
                 control characters; arguments are words and names of fields"
            ));
        }
        if let Some(kind) = weft_redact::first(part, Reading::Field) {
            weft_redact::covered(Layer::Plugin, &[kind]);
            return Err(format!(
                "an argument of obligation {number} has the form of {}; arguments are words and names of fields",
                kind.name()
            ));
        }
    }
    Ok(text)
}

/// Checks each with its number, from 1.
fn numbered<A, B>(
    raw: Vec<A>,
    mut check: impl FnMut(usize, A) -> Result<B, String>,
) -> Result<Vec<B>, String> {
    raw.into_iter()
        .enumerate()
        .map(|(index, one)| check(index + 1, one))
        .collect()
}

fn at_most(what: &str, given: usize, limit: usize) -> Result<(), String> {
    if given > limit {
        return Err(format!(
            "the answer has {given} {what}, the limit is {limit}"
        ));
    }
    Ok(())
}

fn hint<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match did_you_mean(given, names.iter().copied()) {
        Some(alike) => format!(" (did you mean `{alike}`?)"),
        None if names.is_empty() => " (there is none)".into(),
        None => format!(" (there are {})", names.join(", ")),
    }
}
