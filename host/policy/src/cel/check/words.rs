//! Words that a value never is, and values that are never the same.

use cel::parser::Expression;
use weft_diagnostic::Diagnostic;

use super::Checker;
use crate::cel::node::{Constant, Node};
use crate::coded::Coded;
use crate::codes;

impl Checker<'_> {
    /// The list of which a text is a word, if it is known.
    pub(super) fn coded(&self, node: &Node) -> Option<Coded<'_>> {
        match node {
            Node::Field(id) => Coded::of(self.scope.dictionary.field(*id)),
            Node::Currency(_) => Some(Coded::Currency),
            Node::Shared(inner) => self.coded(inner),
            _ => None,
        }
    }

    /// Two values that may be the same: a word of a closed list is in it, and tokens are of one kind. Else it would
    /// be a comparison that never holds.
    pub(super) fn may_be_same(
        &self,
        at: &Expression,
        one: (&Expression, &Node),
        two: (&Expression, &Node),
    ) -> Result<(), Diagnostic> {
        self.known_word(one.1, two.0, two.1)?;
        self.known_word(two.1, one.0, one.1)?;
        if let (Some(left), Some(right)) = (self.coded(one.1), self.coded(two.1))
            && left.never_meets(right)
        {
            let message = "a country is never the same as a currency";
            let error = self.error(at, codes::TYPES, message);
            return Err(
                error.help("compare countries with countries, and currencies with currencies")
            );
        }
        match (self.token_kind(one.1), self.token_kind(two.1)) {
            (Some(left), Some(right)) if left != right => {
                let message = format!(
                    "a token of the kind `{left}` is never the same as one of the kind `{right}`"
                );
                let error = self.error(at, codes::TYPES, message);
                Err(error.help("compare fields that have the same `token` in dictionary.yaml"))
            }
            _ => Ok(()),
        }
    }

    /// A text, or a threshold, that is compared with a word of a closed list is one of it.
    pub(super) fn known_word(
        &self,
        value: &Node,
        at: &Expression,
        constant: &Node,
    ) -> Result<(), Diagnostic> {
        let Some(coded) = self.coded(value) else {
            return Ok(());
        };
        match constant {
            Node::Constant(constant) => self.is_word(coded, Some(value), at, constant),
            Node::Parameter(threshold) => (threshold.values.iter())
                .try_for_each(|constant| self.is_word(coded, Some(value), at, constant)),
            _ => Ok(()),
        }
    }

    /// A text that stands for a country.
    pub(super) fn known_country(&self, at: &Expression, node: &Node) -> Result<(), Diagnostic> {
        match node {
            Node::Constant(constant) => self.is_word(Coded::Country, None, at, constant),
            _ => Ok(()),
        }
    }

    fn is_word(
        &self,
        coded: Coded<'_>,
        value: Option<&Node>,
        at: &Expression,
        constant: &Constant,
    ) -> Result<(), Diagnostic> {
        let Constant::Text(word) = constant else {
            return Ok(());
        };
        if coded.has(word) {
            return Ok(());
        }
        let what = match value.and_then(|value| self.name_of(value)) {
            Some(name) => format!("`{name}`"),
            None if coded == Coded::Currency => "a currency".to_owned(),
            None => "a country".to_owned(),
        };
        let message = format!("{what} is never '{word}'");
        let error = self.error(at, codes::UNKNOWN_NAME, message);
        Err(error.help(coded.help(word)))
    }

    fn name_of(&self, node: &Node) -> Option<&str> {
        match node {
            Node::Field(id) => Some(&self.scope.dictionary.field(*id).name),
            Node::Shared(inner) => self.name_of(inner),
            _ => None,
        }
    }

    /// What kind of token stands in place of a value.
    fn token_kind(&self, node: &Node) -> Option<&str> {
        match node {
            Node::Field(id) => {
                let field = self.scope.dictionary.field(*id);
                let token = field.token.as_deref();
                token.filter(|_| field.class.is_tokenised())
            }
            Node::Shared(inner) => self.token_kind(inner),
            _ => None,
        }
    }
}
