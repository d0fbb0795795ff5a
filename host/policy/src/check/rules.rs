//! What a policy says: its reasons, its rules, and what they ask for.

use std::collections::HashSet;

use weft_diagnostic::{did_you_mean, yaml};
use weft_dictionary::Treatment;
use weft_verdict::{ArgumentError, ObligationKind, limits as verdict_limits};

use super::PolicyChecker;
use crate::cel::compile::Program;
use crate::cel::parameter::THREAT_LEVEL;
use crate::policy::{Body, ReasonText, Rule, finding};
use crate::source::{ObligationSource, RuleSource};
use crate::{codes, limits};

impl<'a> PolicyChecker<'a> {
    pub(super) fn reasons(&mut self) -> Vec<ReasonText> {
        let mut seen = HashSet::new();
        for reason in &self.source.reasons {
            if !seen.insert(reason.code.value.as_str()) {
                let message = format!("the reason `{}` stands twice", reason.code.value);
                self.refuse(
                    codes::CONTRADICTION,
                    &reason.code,
                    message,
                    "keep one of the two",
                );
            }
            if let Some(code) = reason
                .status_reason
                .as_ref()
                .filter(|code| !is_status_reason(&code.value))
            {
                let message = format!(
                    "`{}` is not a code of ExternalStatusReason1Code",
                    code.value
                );
                self.refuse(
                    codes::CONTRADICTION,
                    code,
                    message,
                    "write four upper-case letters or digits, for example FRAD",
                );
            }
        }
        let source = self.source;
        let mut reasons = Vec::new();
        for reason in &source.reasons {
            reasons.push(ReasonText {
                code: reason.code.value.clone(),
                title: reason.title.clone(),
                status_reason: reason.status_reason.as_ref().map(|code| code.value.clone()),
                messages: reason.messages.as_ref().map(|own| self.messages(own)),
            });
        }
        reasons
    }

    pub(super) fn body(&mut self) -> Option<Body> {
        let source = self.source;
        match (&source.plugin, source.rules.is_empty()) {
            (Some(plugin), false) => {
                let message = "a policy has rules or asks a plugin, not both";
                self.refuse(
                    codes::CONTRADICTION,
                    plugin,
                    message,
                    "make two policies of it",
                );
                None
            }
            (None, true) => {
                let message = "the policy has neither rules nor a plugin";
                self.refuse(
                    codes::CONTRADICTION,
                    &source.metadata.id,
                    message,
                    "add `rules` or `plugin`",
                );
                None
            }
            (Some(plugin), true) => Some(Body::Plugin(self.plugin(plugin))),
            (None, false) => Some(Body::Rules(self.rules())),
        }
    }

    fn rules(&mut self) -> Vec<Rule> {
        let source = self.source;
        if source.rules.len() > limits::MAX_RULES {
            let message = format!(
                "{} rules, the limit is {}",
                source.rules.len(),
                limits::MAX_RULES
            );
            self.refuse(
                codes::CONTRADICTION,
                &source.metadata.id,
                message,
                "make two policies of it",
            );
            return Vec::new();
        }
        if source.tests.is_empty() {
            let message = "the policy has rules and no tests";
            let warning = yaml::error_at(codes::TEST, self.file, &source.metadata.id, message);
            self.problems.push(
                warning
                    .warning()
                    .help("add `tests` that say what it should do"),
            );
        }
        let mut seen = HashSet::new();
        let mut rules = Vec::new();
        for rule in &source.rules {
            if !seen.insert(rule.id.value.as_str()) {
                let message = format!("the rule `{}` stands twice", rule.id.value);
                self.refuse(
                    codes::CONTRADICTION,
                    &rule.id,
                    message,
                    "give one of the two another id",
                );
            }
            if let Some(rule) = self.rule(rule) {
                rules.push(rule);
            }
        }
        rules
    }

    fn rule(&mut self, rule: &'a RuleSource) -> Option<Rule> {
        let declared = &self.source.reasons;
        if !declared
            .iter()
            .any(|reason| reason.code.value == rule.reason.value)
        {
            let near = did_you_mean(
                &rule.reason.value,
                declared.iter().map(|r| r.code.value.as_str()),
            );
            let help = near.map_or("add it under `reasons`".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            let message = format!("the reason `{}` is not declared", rule.reason.value);
            self.refuse(codes::CONTRADICTION, &rule.reason, message, help);
        }
        if let Some(risk) = rule
            .risk
            .as_ref()
            .filter(|risk| risk.value > verdict_limits::MAX_RISK)
        {
            let message = format!("a risk of {}", risk.value);
            self.refuse(
                codes::CONTRADICTION,
                risk,
                message,
                format!("write 0 to {}", verdict_limits::MAX_RISK),
            );
        }
        let when = self.condition(&rule.when)?;
        for obligation in &rule.obligations {
            self.check_obligation(obligation);
        }
        let obligations = (rule.obligations.iter())
            .map(ObligationSource::obligation)
            .collect();
        let risk = rule.risk.as_ref().map(|risk| risk.value);
        let finding = finding(rule.verdict, &rule.reason.value, risk, obligations);
        Some(Rule {
            id: rule.id.value.clone(),
            program: Program::compile(&when, self.given.dictionary),
            when,
            place: yaml::place(&rule.when),
            finding,
        })
    }

    /// What tests expect is something that can come.
    pub(super) fn check_expected(&mut self) {
        let source = self.source;
        let rules = || source.rules.iter().map(|rule| rule.id.value.as_str());
        for expect in source.tests.iter().map(|test| &test.expect) {
            for obligation in expect.obligations.iter().flatten() {
                self.check_obligation(obligation);
            }
            for name in &expect.missing {
                if self.given.dictionary.by_name(&name.value).is_none() {
                    self.no_field(name);
                }
            }
            for name in &expect.rules {
                if rules().any(|id| id == name.value) {
                    continue;
                }
                let near = did_you_mean(&name.value, rules());
                let help = near.map_or("name rules of this file".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                let message = format!("there is no rule `{}`", name.value);
                self.refuse(codes::UNKNOWN_NAME, name, message, help);
            }
        }
    }

    /// What is to be shown or hidden is there, and the word for how much of it is one.
    fn check_obligation(&mut self, obligation: &ObligationSource) {
        let about_fields = [ObligationKind::Disclose, ObligationKind::Redact];
        if !about_fields.contains(&obligation.kind.value) {
            self.check_arguments(obligation);
            return;
        }
        for (name, entry) in &obligation.arguments.0 {
            let treatment = &entry.value;
            if obligation.kind.value == ObligationKind::Redact && name == THREAT_LEVEL {
                let message = format!(
                    "`{THREAT_LEVEL}` is taken away from later policies, which may then be milder"
                );
                let help = "remove it: every policy may know the level";
                self.refuse(codes::THREAT, &entry.name, message, help);
            }
            if self.given.dictionary.by_name(name).is_none() {
                self.no_field(&entry.name);
            }
            if Treatment::from_name(&treatment.value).is_none() {
                let message = format!("`{}` is not a treatment", treatment.value);
                let help = format!(
                    "write one of {}",
                    Treatment::ALL.map(Treatment::as_str).join(", ")
                );
                self.refuse(codes::CONTRADICTION, treatment, message, help);
            }
        }
    }

    /// An obligation that nobody can fulfil would leave a payment waiting for what never comes.
    fn check_arguments(&mut self, obligation: &ObligationSource) {
        let due = obligation.obligation();
        let Err(error) = due.kind.check(&due.arguments) else {
            return;
        };
        let text = error.to_string();
        let (message, help) = text.split_once("; ").unwrap_or((&text, ""));
        let written = error
            .argument()
            .and_then(|name| obligation.arguments.0.get(name));
        let code = codes::CONTRADICTION;
        match (written, &error) {
            (Some(entry), ArgumentError::Unknown { .. }) => {
                self.refuse(code, &entry.name, message, help);
            }
            (Some(entry), _) => self.refuse(code, &entry.value, message, help),
            (None, _) => self.refuse(code, &obligation.kind, message, help),
        }
    }
}

fn is_status_reason(code: &str) -> bool {
    code.len() == 4
        && code
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
