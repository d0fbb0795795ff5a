//! Names: fields, parameters, variables; and what was meant by one that is none.

use std::sync::Arc;

use cel::common::ast::SelectExpr;
use cel::parser::Expression;
use weft_diagnostic::{Diagnostic, did_you_mean};
use weft_dictionary::FieldId;

use super::{Checker, Typed, path};
use crate::cel::node::Node;
use crate::cel::types::Type;
use crate::codes;

/// The name under which variables are used.
const VARIABLES: &str = "variables";
/// The name under which parameters are used.
const PARAMETERS: &str = "parameters";

impl Checker<'_> {
    pub(super) fn select(&self, at: &Expression, select: &SelectExpr) -> Result<Typed, Diagnostic> {
        let Some(path) = path(&at.expr) else {
            return Err(self.unsupported(
                at,
                "selections from values",
                "name a field: section.name",
            ));
        };
        if let Some(name) = within(&path, PARAMETERS) {
            return self.parameter(at, name, select.test);
        }
        if within(&path, "lists").is_some() {
            let message = "a list stands behind `in` only";
            return Err(self
                .error(at, codes::TYPES, message)
                .help("write `payer.country in lists.NAME`"));
        }
        if let Some(name) = within(&path, VARIABLES) {
            let Some(variable) = self.scope.variables.get(name).filter(|_| !select.test) else {
                return Err(self.unknown_variable(at, name));
            };
            variable.used.set(true);
            let node = Node::Shared(Arc::clone(&variable.node));
            return Ok(Typed {
                node,
                kind: variable.kind,
                size: variable.size,
            });
        }
        let Some(field) = self.scope.dictionary.by_name(&path) else {
            return Err(self.unknown(at, &path));
        };
        let (node, kind) = match select.test {
            true => (Node::Has(field.id), Type::Boolean),
            false => (Node::Field(self.readable(at, field)?), Type::of(field)),
        };
        Ok(Typed {
            node,
            kind,
            size: 1,
        })
    }

    fn parameter(&self, at: &Expression, name: &str, test: bool) -> Result<Typed, Diagnostic> {
        let parameters = self.scope.parameters;
        let Some((threshold, kind)) = parameters.get(name).filter(|_| !test) else {
            let message = format!("there is no parameter `{name}`");
            let error = self.error(at, codes::UNKNOWN_NAME, message);
            return Err(match did_you_mean(name, parameters.names()) {
                Some(near) if near != name => {
                    error.help(format!("did you mean `parameters.{near}`?"))
                }
                Some(_) => error.help("a parameter is always there: leave out has()"),
                None => error.help("declare it under `parameters`"),
            });
        };
        Ok(Typed {
            node: Node::Parameter(threshold),
            kind,
            size: 1,
        })
    }

    /// A secret is never in a row, so a rule about it could never fire.
    fn readable(
        &self,
        at: &Expression,
        field: &weft_dictionary::Field,
    ) -> Result<FieldId, Diagnostic> {
        if field.class == weft_dictionary::Class::Secret {
            let message = format!("`{}` is a secret: no rule ever sees it", field.name);
            return Err(self
                .error(at, codes::TYPES, message)
                .help("remove it from the expression"));
        }
        Ok(field.id)
    }

    pub(super) fn unknown(&self, at: &Expression, name: &str) -> Diagnostic {
        if let Some(meant) = self.misspelt_section(name) {
            let message = format!("`{name}` names no field");
            let error = self.error(at, codes::UNKNOWN_NAME, message);
            return error.help(format!("did you mean `{meant}`?"));
        }
        if let Some(one) = self.field_of_section(name) {
            let message = format!("`{name}` is a group of facts, not a fact");
            let error = self.error(at, codes::UNKNOWN_NAME, message);
            return error.help(format!("name the fact that is meant, for example `{one}`"));
        }
        let error = self.error(
            at,
            codes::UNKNOWN_NAME,
            format!("there is no field `{name}`"),
        );
        match self.scope.dictionary.did_you_mean(name) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => {
                error.help("the fields stand in dictionary.yaml; texts stand in 'single quotes'")
            }
        }
    }

    /// A field of a section of this name, or of a part of one.
    fn field_of_section(&self, name: &str) -> Option<&str> {
        let mut fields = self.scope.dictionary.fields();
        let within = fields.find(|field| within(&field.name, name).is_some());
        within.map(|field| field.name.as_str())
    }

    /// `parameters.limit` of `parameter.limit`: what stands in the file is found behind a word for many.
    fn misspelt_section(&self, name: &str) -> Option<String> {
        let (section, rest) = name.split_once('.')?;
        let near = |known: &str| section != known && did_you_mean(section, [known]).is_some();
        let is_there = |known: &str| match known {
            PARAMETERS => self.scope.parameters.names().any(|name| name == rest),
            VARIABLES => self.scope.variables.contains_key(rest),
            _ => self.scope.lists.get(rest).is_some(),
        };
        [PARAMETERS, VARIABLES, "lists"]
            .into_iter()
            .find(|known| near(known) && is_there(known))
            .map(|known| format!("{known}.{rest}"))
    }

    fn unknown_variable(&self, at: &Expression, name: &str) -> Diagnostic {
        let error = self.error(
            at,
            codes::UNKNOWN_NAME,
            format!("there is no variable `{name}` above"),
        );
        match did_you_mean(name, self.scope.variables.keys().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `variables.{near}`?")),
            None => error.help("define it under `variables`, above the rules that use it"),
        }
    }
}

/// `limit` of `parameters.limit` within `parameters`.
fn within<'a>(path: &'a str, section: &str) -> Option<&'a str> {
    path.strip_prefix(section)?.strip_prefix('.')
}
