//! Facts that show something: for which two rules fire, or for which a decision changes.

use weft_dictionary::{Dictionary, Row, Value};

use crate::solve::Facts;
use crate::words::shown;

/// The facts of an example: only those that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example(Vec<(String, Value)>);

impl Example {
    pub(crate) fn of(facts: &Facts) -> Example {
        let facts = facts.0.iter();
        Example(
            facts
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
        )
    }

    /// The name of each fact, and its value.
    pub fn facts(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The name of each fact, and its value in words.
    pub fn words(&self) -> impl Iterator<Item = (&str, String)> {
        self.facts().map(|(name, value)| (name, shown(value)))
    }

    /// On one line.
    pub fn one_line(&self) -> String {
        let facts: Vec<String> = self
            .words()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if facts.is_empty() {
            return "whatever the facts are".to_owned();
        }
        facts.join(", ")
    }

    /// The row of a dictionary with these facts; facts that it does not have are left out.
    pub fn row(&self, dictionary: &Dictionary) -> Row {
        let mut row = Row::new(dictionary);
        for (name, value) in &self.0 {
            if let Some(field) = dictionary.by_name(name) {
                // What is of another kind in this dictionary is not there.
                let _ = row.set(dictionary, field.id, value.clone());
            }
        }
        row
    }
}
