//! Names of parts of expressions: two parts with the same name have the same value in every row.

use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_dictionary::Dictionary;

use super::form;
use crate::cel::node::Node;
use crate::lists::List;

/// At which level of threat expressions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Level {
    /// No threshold depends on it.
    Whatever,
    At(usize),
    /// The row does not say it: a threshold that depends on it has no value.
    Unsaid,
}

/// The name of an expression: what it computes, with thresholds by their values and lists by their entries.
pub(super) fn key(node: &Node, dictionary: &Dictionary, level: Level) -> String {
    let mut name = String::new();
    Writer {
        dictionary,
        level,
        names_only: false,
    }
    .write(node, &mut name);
    name
}

/// How an expression is written: thresholds and lists by their names.
pub(crate) fn written(node: &Node, dictionary: &Dictionary) -> String {
    let mut name = String::new();
    Writer {
        dictionary,
        level: Level::Whatever,
        names_only: true,
    }
    .write(node, &mut name);
    name
}

/// What an expression computes, whatever the level of threat.
pub(crate) fn meaning(node: &Node, dictionary: &Dictionary) -> String {
    key(node, dictionary, Level::Whatever)
}

struct Writer<'a> {
    dictionary: &'a Dictionary,
    level: Level,
    names_only: bool,
}

impl Writer<'_> {
    fn write(&self, node: &Node, name: &mut String) {
        // Writing to a text does not fail.
        let _ = match node {
            Node::Shared(inner) => return self.write(inner, name),
            Node::Constant(constant) => write!(name, "{constant:?}"),
            Node::Field(id) => write!(name, "<{}>", form::key(self.dictionary.field(*id))),
            Node::Has(id) => write!(name, "has<{}>", form::key(self.dictionary.field(*id))),
            Node::Parameter(threshold) if self.names_only => {
                write!(name, "parameters.{}", threshold.name)
            }
            Node::Parameter(threshold) => match (self.level, threshold.level) {
                (_, None) => write!(name, "{:?}", threshold.values[0]),
                (Level::At(level), Some(_)) => write!(name, "{:?}", threshold.values[level]),
                _ => write!(name, "{:?}", threshold.values),
            },
            Node::InList(_, list) => {
                write!(name, "in {} ", list.name()).and_then(|()| match self.names_only {
                    true => Ok(()),
                    false => write!(name, "{} ", entries(list)),
                })
            }
            Node::Compare(comparison, ..) => write!(name, "{comparison:?}"),
            Node::Among(_, constants) => write!(name, "among{constants:?}"),
            Node::Arithmetic(operator, ..) => write!(name, "{operator:?}"),
            Node::TextTest(test, ..) => write!(name, "{test:?}"),
            Node::Calendar(part, _, zone) => write!(name, "{part:?}@{}", zone.name()),
            Node::Length(part, _) => write!(name, "{part:?}"),
            Node::Extreme(extreme, ..) => write!(name, "{extreme:?}"),
            Node::Treated(treatment, _) => write!(name, "{}", treatment.as_str()),
            Node::Not(_) => write!(name, "!"),
            Node::And(..) => write!(name, "&&"),
            Node::Or(..) => write!(name, "||"),
            Node::If(..) => write!(name, "?"),
            Node::InTexts(..) => write!(name, "in"),
            Node::Negate(_) => write!(name, "-"),
            Node::Size(_) => write!(name, "size"),
            Node::Currency(_) => write!(name, "currency"),
            Node::Minor(_) => write!(name, "minor"),
            Node::Corridor(..) => write!(name, "corridor"),
            Node::Absolute(_) => write!(name, "abs"),
        };
        let children = node.children();
        if children.is_empty() {
            return;
        }
        name.push('(');
        for child in children {
            self.write(child, name);
            name.push(',');
        }
        name.push(')');
    }
}

/// What is in a list, in a few characters.
fn entries(list: &List) -> String {
    let mut entries: Vec<&str> = list.entries().collect();
    entries.sort_unstable();
    let mut hash = Sha256::new();
    for entry in entries {
        hash.update((entry.len() as u64).to_be_bytes());
        hash.update(entry.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize())
}
