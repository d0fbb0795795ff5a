//! One policy file against the dictionary, the pipeline, the lists and itself.

mod messages;

use std::collections::{HashMap, HashSet};

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Code, Diagnostic, did_you_mean};
use weft_dictionary::{Dictionary, Timestamp, Treatment};
use weft_verdict::{Obligation, ObligationKind, Verdict, limits as verdict_limits};

use crate::cel::check::{Scope, Text, Variable, check_condition, check_variable};
use crate::cel::compile::Program;
use crate::cel::node::Node;
use crate::cel::place::PlaceMap;
use crate::disclosure::Named;
use crate::lists::Lists;
use crate::load::{is_asked, near_stage};
use crate::parameters::{Overrides, ParameterChecker, Parameters};
use crate::pipeline::{Layout, OperationKind};
use crate::policy::{
    Body, Condition, Grant, PluginUse, Policy, ReasonText, Rule, Status, covers, finding,
};
use crate::source::{ObligationSource, PluginSource, PolicyFile, RuleSource};
use crate::{codes, limits};

/// The form of policy files that this host reads.
const API_VERSION: &str = "weft/v1";

/// What all files of a set share.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) layout: &'a Layout,
    pub(crate) lists: &'a Lists,
}

pub(crate) struct PolicyChecker<'a> {
    given: Given<'a>,
    file: &'a str,
    text: &'a str,
    source: &'a PolicyFile,
    parameters: Parameters,
    variables: HashMap<String, Variable>,
    /// The facts that messages name.
    pub(crate) named: Vec<Named>,
    pub(crate) problems: Vec<Diagnostic>,
}

impl<'a> PolicyChecker<'a> {
    pub(crate) fn new(
        given: Given<'a>,
        file: &'a str,
        text: &'a str,
        source: &'a PolicyFile,
    ) -> Self {
        Self {
            given,
            file,
            text,
            source,
            parameters: Parameters::default(),
            variables: HashMap::new(),
            named: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The checked policy, with these values in place of parameters' own; none if there is a problem that
    /// refuses it.
    pub(crate) fn check(&mut self, path: &str, version: &str, with: &Overrides) -> Option<Policy> {
        let source = self.source;
        self.check_head();
        self.check_operations();
        self.check_failure_verdicts();
        self.check_sources();
        let (from, until) = self.effective();
        self.check_parameters(with);
        let messages = self.messages(&source.messages);
        self.check_variables();
        let conditions = self.conditions();
        let reasons = self.reasons();
        let body = self.body()?;
        self.check_unused();
        if self
            .problems
            .iter()
            .any(|p| p.severity == weft_diagnostic::Severity::Error)
        {
            return None;
        }
        Some(Policy {
            id: source.metadata.id.value.clone(),
            title: source.metadata.title.clone(),
            owner: source.metadata.owner.clone(),
            family: source.metadata.family.clone(),
            description: source.metadata.description.trim().to_owned(),
            sources: source.metadata.sources.clone(),
            from,
            until,
            status: source.metadata.status.value,
            accepts_risk: source.metadata.accepts_risk.clone(),
            stage: source.stage.value.clone(),
            on: source.on.iter().map(|on| on.value.clone()).collect(),
            conditions,
            body,
            reasons,
            on_missing: source.on_missing.value,
            on_error: source.on_error.value,
            messages,
            parameters: self.parameters.all(),
            version: version.to_owned(),
            path: path.to_owned(),
        })
    }

    fn check_head(&mut self) {
        let source = self.source;
        if source.api_version.value != API_VERSION {
            let message = format!(
                "this form of policy files is not known: `{}`",
                source.api_version.value
            );
            self.refuse(
                codes::CONTRADICTION,
                &source.api_version,
                message,
                format!("write apiVersion: {API_VERSION}"),
            );
        }
        if source.kind.value != "Policy" {
            let message = format!("`{}` is not a kind of file here", source.kind.value);
            self.refuse(
                codes::CONTRADICTION,
                &source.kind,
                message,
                "write kind: Policy",
            );
        }
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let id = &source.metadata.id;
        if id.value.is_empty() || !id.value.chars().all(word) {
            let message = format!("`{}` is not an id", id.value);
            self.refuse(
                codes::CONTRADICTION,
                id,
                message,
                "write lower-case words with points and hyphens",
            );
        }
        if source.metadata.sources.is_empty() {
            self.refuse(
                codes::CONTRADICTION,
                id,
                "the policy names no source",
                "name the act, standard or house rule",
            );
        }
        if !self
            .given
            .layout
            .stages
            .iter()
            .any(|stage| stage.name == source.stage.value)
        {
            let message = format!("the pipeline has no stage `{}`", source.stage.value);
            let help = near_stage(self.given.layout, &source.stage.value);
            let help = help.map_or("see pipeline.yaml".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            self.refuse(codes::CONTRADICTION, &source.stage, message, help);
        }
    }

    fn check_operations(&mut self) {
        for on in &self.source.on {
            let operations = &self.given.layout.operations;
            if operations
                .iter()
                .any(|operation| covers(&on.value, &operation.name))
            {
                continue;
            }
            let near = did_you_mean(&on.value, operations.iter().map(|o| o.name.as_str()));
            let help = near.map_or("see pipeline.yaml".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            let message = format!("the pipeline has no operation `{}`", on.value);
            self.refuse(codes::CONTRADICTION, on, message, help);
        }
        if self.source.on.is_empty() {
            let id = &self.source.metadata.id;
            self.refuse(
                codes::CONTRADICTION,
                id,
                "the policy is on no operation",
                "name one under `on`",
            );
        }
    }

    /// A failure never lets a payment or a request about one go on, unless somebody says why.
    fn check_failure_verdicts(&mut self) {
        let source = self.source;
        let payments = self.given.layout.operations.iter().any(|operation| {
            let mut on = source.on.iter();
            operation.kind == OperationKind::Payment
                && on.any(|on| covers(&on.value, &operation.name))
        });
        let what = if payments { "payment" } else { "request" };
        let excused = source
            .metadata
            .accepts_risk
            .as_ref()
            .is_some_and(|why| !why.trim().is_empty());
        if excused || !is_asked(source.metadata.status.value) {
            return;
        }
        for (key, verdict) in [
            ("on_missing", &source.on_missing),
            ("on_error", &source.on_error),
        ] {
            if verdict.value < Verdict::Hold {
                let message = format!(
                    "{key} is {}: a {what} would go on because something is broken",
                    verdict.value.as_str()
                );
                let help = "write hold or deny, or say why not in metadata.accepts_risk";
                self.refuse(codes::FAIL_OPEN, verdict, message, help);
            }
        }
    }

    fn check_parameters(&mut self, with: &Overrides) {
        let mut checker = ParameterChecker {
            dictionary: self.given.dictionary,
            file: self.file,
            with,
            problems: Vec::new(),
        };
        self.parameters = checker.check(&self.source.parameters);
        self.problems.extend(checker.problems);
    }

    /// A threshold that nothing uses is one that people believe in.
    fn check_unused(&mut self) {
        for variable in &self.source.variables {
            let name = &variable.name;
            let checked = self.variables.get(&name.value);
            if checked.is_some_and(|variable| !variable.used.get()) {
                let message = format!("no expression uses the variable `{}`", name.value);
                let warning = yaml::error_at(codes::UNUSED, self.file, name, message).warning();
                let help = format!("remove it, or use `variables.{}`", name.value);
                self.problems.push(warning.help(help));
            }
        }
        for parameter in &self.source.parameters {
            let name = &parameter.name;
            if !self.parameters.is_used(&name.value) {
                let message = format!("nothing uses the parameter `{}`", name.value);
                let warning = yaml::error_at(codes::UNUSED, self.file, name, message).warning();
                let help = format!("remove it, or use `parameters.{}`", name.value);
                self.problems.push(warning.help(help));
            }
        }
    }

    /// One warning for all sources of an enforced policy that nobody has read.
    fn check_sources(&mut self) {
        let metadata = &self.source.metadata;
        let unread: Vec<String> = (metadata.sources.iter())
            .filter(|source| !source.verified)
            .map(|source| format!("{}, {}", source.title, source.reference))
            .collect();
        if metadata.status.value != Status::Enforced || unread.is_empty() {
            return;
        }
        let message = format!("enforced, and not verified: {}", unread.join("; "));
        let warning = yaml::error_at(codes::UNVERIFIED, self.file, &metadata.status, message);
        let help = "read the source, compare the policy with it, and write verified: true";
        self.problems.push(warning.warning().help(help));
    }

    fn effective(&mut self) -> (Timestamp, Option<Timestamp>) {
        let effective = &self.source.metadata.effective;
        let from = self.instant(&effective.from);
        let until = effective.until.as_ref().map(|until| self.instant(until));
        if let (Some(until), Some(at)) = (until, &effective.until)
            && until <= from
        {
            self.refuse(
                codes::CONTRADICTION,
                at,
                "the policy ends before it begins",
                "write an instant after `from`",
            );
        }
        (from, until)
    }

    fn instant(&mut self, text: &Spanned<String>) -> Timestamp {
        Timestamp::parse(&text.value).unwrap_or_else(|| {
            let message = format!("`{}` is not an instant", text.value);
            self.refuse(
                codes::CONTRADICTION,
                text,
                message,
                "write RFC 3339, for example 2026-01-01T00:00:00Z",
            );
            Timestamp(0)
        })
    }

    fn check_variables(&mut self) {
        let count = self.source.variables.len();
        if count > limits::MAX_VARIABLES {
            let message = format!("{count} variables, the limit is {}", limits::MAX_VARIABLES);
            let id = &self.source.metadata.id;
            self.refuse(codes::CONTRADICTION, id, message, "make two policies of it");
            return;
        }
        for variable in &self.source.variables {
            match check_variable(&self.scope(), &self.expression(&variable.expression)) {
                Ok(checked) => {
                    if self
                        .variables
                        .insert(variable.name.value.clone(), checked)
                        .is_some()
                    {
                        let message = format!("`{}` stands twice", variable.name.value);
                        self.refuse(
                            codes::CONTRADICTION,
                            &variable.name,
                            message,
                            "keep one of the two",
                        );
                    }
                }
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn conditions(&mut self) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for condition in &self.source.conditions {
            if let Some(expression) = self.condition(&condition.expression) {
                conditions.push(Condition {
                    name: condition.name.clone(),
                    program: Program::compile(&expression, self.given.dictionary),
                    expression,
                    place: yaml::place(&condition.expression),
                });
            }
        }
        conditions
    }

    fn condition(&mut self, expression: &Spanned<String>) -> Option<Node> {
        match check_condition(&self.scope(), &self.expression(expression)) {
            Ok(node) => Some(node),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            dictionary: self.given.dictionary,
            variables: &self.variables,
            parameters: &self.parameters,
            lists: self.given.lists,
        }
    }

    fn expression<'e>(&self, expression: &'e Spanned<String>) -> Text<'e>
    where
        'a: 'e,
    {
        let map = PlaceMap::new(self.text, yaml::place(expression), &expression.value);
        Text {
            file: self.file,
            value: &expression.value,
            map,
        }
    }

    fn reasons(&mut self) -> Vec<ReasonText> {
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

    fn body(&mut self) -> Option<Body> {
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
        let obligation = |o: &ObligationSource| Obligation {
            kind: o.kind.value,
            arguments: (o.arguments.iter())
                .map(|(name, value)| (name.clone(), value.value.clone()))
                .collect(),
        };
        for obligation in &rule.obligations {
            self.check_obligation(obligation);
        }
        let obligations = rule.obligations.iter().map(obligation).collect();
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

    /// What is to be shown or hidden is there, and the word for how much of it is one.
    fn check_obligation(&mut self, obligation: &ObligationSource) {
        let about_fields = [ObligationKind::Disclose, ObligationKind::Redact];
        if !about_fields.contains(&obligation.kind.value) {
            self.check_arguments(obligation);
            return;
        }
        for (name, treatment) in &obligation.arguments {
            if self.given.dictionary.by_name(name).is_none() {
                let near = self.given.dictionary.did_you_mean(name);
                let help = near.map_or("see dictionary.yaml".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                let message = format!("there is no field `{name}`");
                self.refuse(codes::UNKNOWN_NAME, treatment, message, help);
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
        let arguments = obligation
            .arguments
            .iter()
            .map(|(name, value)| (name.clone(), value.value.clone()))
            .collect();
        let Err(error) = obligation.kind.value.check(&arguments) else {
            return;
        };
        let text = error.to_string();
        let (message, help) = text.split_once("; ").unwrap_or((&text, ""));
        let written = error
            .argument()
            .and_then(|name| obligation.arguments.get(name));
        match written {
            Some(value) => self.refuse(codes::CONTRADICTION, value, message, help),
            None => self.refuse(codes::CONTRADICTION, &obligation.kind, message, help),
        }
    }

    fn plugin(&mut self, plugin: &Spanned<PluginSource>) -> PluginUse {
        let source = &plugin.value;
        if let Some(digest) = source
            .digest
            .as_ref()
            .filter(|digest| !is_digest(&digest.value))
        {
            let help = "write the 64 hexadecimal digits that `weft plugin inspect` prints";
            self.refuse(
                codes::CONTRADICTION,
                digest,
                "this is not a SHA-256 digest",
                help,
            );
        }
        let mut grants = Vec::new();
        for grant in &source.grants {
            match self.given.dictionary.by_name(&grant.field.value) {
                Some(field) => grants.push(Grant {
                    field: field.id,
                    treatment: grant.treatment,
                }),
                None => {
                    let near = self.given.dictionary.did_you_mean(&grant.field.value);
                    let help = near.map_or("see dictionary.yaml".to_owned(), |near| {
                        format!("did you mean `{near}`?")
                    });
                    let message = format!("there is no field `{}`", grant.field.value);
                    self.refuse(codes::UNKNOWN_NAME, &grant.field, message, help);
                }
            }
        }
        PluginUse {
            name: source.name.value.clone(),
            digest: source.digest.as_ref().map(|digest| digest.value.clone()),
            settings: source.settings.clone(),
            grants,
            budget: source.budget,
        }
    }

    fn refuse<T>(
        &mut self,
        code: Code,
        at: &Spanned<T>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.problems
            .push(yaml::error_at(code, self.file, at, message).help(help));
    }
}

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.len() == 64
        && digits
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_status_reason(code: &str) -> bool {
    code.len() == 4
        && code
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
