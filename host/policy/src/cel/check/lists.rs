//! Membership in lists that stand in files of their own.

use cel::common::ast::Expr;
use cel::parser::Expression;
use weft_diagnostic::{Diagnostic, did_you_mean};

use super::{Checker, Typed, path, remedy};
use crate::ListKind;
use crate::cel::node::Node;
use crate::cel::types::Type;
use crate::coded::Coded;
use crate::codes;

/// The name under which lists are used.
const LISTS: &str = "lists.";

/// The name of the list, if the expression names one.
pub(super) fn named_list(expression: &Expr) -> Option<String> {
    path(expression)?.strip_prefix(LISTS).map(str::to_owned)
}

impl Checker<'_> {
    /// `payer.country in lists.eea`.
    pub(super) fn named_membership(
        &self,
        value: &Expression,
        typed: Typed,
        at: &Expression,
        name: &str,
    ) -> Result<Typed, Diagnostic> {
        let Some(list) = self.scope.lists.get(name) else {
            let message = format!("there is no list `{name}`");
            let error = self.error(at, codes::UNKNOWN_NAME, message);
            return Err(match did_you_mean(name, self.scope.lists.names()) {
                Some(near) => error.help(format!("did you mean `lists.{near}`?")),
                None => error.help("lists stand in files below lists/"),
            });
        };
        let wanted = match list.kind() {
            ListKind::Corridor => Type::Corridor,
            ListKind::Country | ListKind::Currency | ListKind::Text => Type::Text,
        };
        let never = |what: &str| {
            let message = format!("{what} is never in a list of {}", list.kind());
            self.error(value, codes::TYPES, message)
        };
        if typed.kind != wanted {
            return Err(never(&typed.kind.to_string()).help(remedy(wanted)));
        }
        let coded = self.coded(&typed.node);
        let is_country = matches!(coded, Some(Coded::Country | Coded::DerivedCountry));
        match list.kind() {
            ListKind::Country if coded == Some(Coded::Currency) => return Err(never("a currency")),
            ListKind::Currency if is_country => return Err(never("a country")),
            _ => {}
        }
        Ok(Typed {
            node: Node::InList(Box::new(typed.node), list.clone()),
            kind: Type::Boolean,
            size: typed.size + 1,
        })
    }
}
