//! One policy file against the dictionary, the pipeline, the lists and itself.

mod head;
mod messages;
mod plugin;
mod rules;

use std::collections::HashMap;

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Code, Diagnostic};
use weft_dictionary::Dictionary;

use crate::cel::check::{Scope, Text, Variable, check_condition, check_variable};
use crate::cel::compile::Program;
use crate::cel::node::Node;
use crate::cel::place::PlaceMap;
use crate::disclosure::Named;
use crate::lists::Lists;
use crate::parameters::{Overrides, ParameterChecker, Parameters};
use crate::pipeline::Layout;
use crate::policy::{Condition, Policy};
use crate::source::PolicyFile;
use crate::{codes, limits};

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
        let (from, until) = self.check_head();
        self.check_failure_verdicts();
        self.check_parameters(with);
        let messages = self.messages(&source.messages);
        self.check_variables();
        let conditions = self.conditions();
        let reasons = self.reasons();
        let body = self.body()?;
        self.check_expected();
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
            accepts_risk: (source.metadata.accepts_risk.as_ref()).map(|why| why.value.clone()),
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

    fn no_field(&mut self, name: &Spanned<String>) {
        let near = self.given.dictionary.did_you_mean(&name.value);
        let help = near.map_or("see dictionary.yaml".to_owned(), |near| {
            format!("did you mean `{near}`?")
        });
        let message = format!("there is no field `{}`", name.value);
        self.refuse(codes::UNKNOWN_NAME, name, message, help);
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
