//! One policy of an explanation: what it said, its conditions and rules, and where it is written.

use weft_engine::explain::{Came, PartExplained, PolicyExplained, RuleExplained};

use super::{Telling, plugin};
use crate::output;

impl Telling<'_> {
    pub(super) fn policy(&self, policy: &PolicyExplained) {
        let mark = match policy.came {
            Came::Spoke => policy.verdict.map_or("", |v| v.as_str()),
            Came::Missing => "fact missing",
            Came::Failed => "failed",
            Came::Silent => "no objection",
            Came::NotApplicable => "does not apply",
        };
        let verdict = policy
            .verdict
            .filter(|_| matches!(policy.came, Came::Missing | Came::Failed));
        let verdict = verdict
            .map(|v| format!(", so {}", v.as_str()))
            .unwrap_or_default();
        let counts = if policy.counts {
            ""
        } else {
            " (asked on trial, does not count)"
        };
        let dim = matches!(policy.came, Came::Silent | Came::NotApplicable);
        let mark = output::emphasise(if dim { "2" } else { "1" }, &format!("{mark}{verdict}"));
        let title = match policy.title.as_str() {
            "" => policy.policy.clone(),
            title => format!("{title} [{}]", policy.policy),
        };
        output::line(&format!("  {mark}: {title}{counts}"));
        if let Some(before) = policy.discharged {
            output::line(&format!(
                "      was {} before the customer's evidence",
                before.as_str()
            ));
        }
        for field in &policy.missing {
            output::line(&format!("      missing: {}", self.fact(field)));
        }
        if let Some(why) = &policy.failure {
            output::line(&format!("      failed: {why}"));
        }
        for reason in policy.reasons.iter().filter(|_| policy.came == Came::Spoke) {
            let title = reason.title.as_deref().unwrap_or(&reason.code);
            let points = plugin::points(policy, &reason.code);
            let points = points.map(|points| format!(" ({points} points)"));
            output::line(&format!(
                "      because{}: {title}",
                points.unwrap_or_default()
            ));
            let facts: Vec<String> = reason.fields.iter().map(|name| self.fact(name)).collect();
            if !facts.is_empty() {
                output::line(&format!("               {}", facts.join("; ")));
            }
        }
        // What it tells beside others stands above already.
        let messages = &self.explanation.messages;
        if policy.came != Came::Silent
            && let Some(message) = policy.message.as_ref().filter(|m| !messages.contains(m))
        {
            output::line(&format!("      “{message}”"));
        }
        for condition in &policy.conditions {
            self.condition(condition);
        }
        for rule in &policy.rules {
            self.rule(rule);
        }
        self.plugin(policy);
        self.source(policy);
    }

    fn condition(&self, condition: &RuleExplained) {
        let holds = match condition.came {
            "fired" => return,
            "not-fired" => "it would apply to",
            _ => "nobody can tell whether it applies to",
        };
        output::line(&format!("      {holds} {}:", condition.name));
        self.parts(&condition.because);
    }

    fn rule(&self, rule: &RuleExplained) {
        if rule.when == "always" {
            output::line(&format!(
                "      rule {} says it of every request",
                rule.name
            ));
            return;
        }
        if rule.when.is_empty() {
            output::line(&format!("      rule {} fired", rule.name));
            return;
        }
        let verdict = rule.verdict.map_or("", |v| v.as_str());
        let came = match rule.came {
            "fired" => "fired",
            "not-fired" => "did not fire",
            "missing" => "could not be told",
            _ => "failed",
        };
        output::line(&format!("      rule {} ({verdict}) {came}:", rule.name));
        if rule.because.is_empty() {
            output::line(&format!("        {}", rule.when));
        }
        self.parts(&rule.because);
    }

    fn parts(&self, parts: &[PartExplained]) {
        for part in parts {
            let mark = match part.came {
                "holds" => "holds:        ",
                "does-not-hold" => "does not hold:",
                "missing" => "missing:      ",
                _ => "failed:       ",
            };
            output::line(&format!("        {mark} {}", part.says));
            let facts: Vec<String> = part.facts.iter().map(|name| self.fact(name)).collect();
            if !facts.is_empty() {
                output::line(&format!("                       {}", facts.join("; ")));
            }
        }
    }

    /// Where a policy that had something to say is written.
    fn source(&self, policy: &PolicyExplained) {
        let silent = matches!(policy.came, Came::Silent | Came::NotApplicable);
        let Some(text) = policy.text.as_ref().filter(|_| !silent) else {
            return;
        };
        for source in &text.sources {
            let verified = if source.verified {
                ""
            } else {
                " (not verified)"
            };
            output::line(&format!(
                "      source: {}, {}{verified}",
                source.title, source.reference
            ));
        }
        for parameter in &text.parameters {
            output::line(&format!(
                "      {}: {} ({})",
                parameter.name, parameter.value, parameter.title
            ));
        }
        output::line(&format!(
            "      file: {}, version {}",
            text.file,
            short(&text.version)
        ));
    }
}

fn short(version: &str) -> &str {
    version.get(..12).unwrap_or(version)
}
