//! Rules that form a decision table: each is a row of sentences about the same few facts.

use weft_dictionary::{Dictionary, FieldId, Kind};

use crate::cel::node::{Constant, Node};
use crate::limits;
use crate::lists::ListKind;
use crate::policy::{Body, Policy, Rule};
use crate::words::Speaker;

/// Rules as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionTable {
    /// The facts that rules look at.
    pub columns: Vec<FieldId>,
    /// The rules, in the order of the file.
    pub rows: Vec<TableRow>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Its place among the policy's rules.
    pub rule: usize,
    /// What has to hold of each column's fact, in words; nothing where the rule does not look at it.
    pub cells: Vec<Option<String>>,
}

/// A part of a rule: a fact, and what has to hold of it.
type Cell = (FieldId, String);

impl Policy {
    /// Its rules as a decision table, where they are one: two rules or more, each a list of sentences about one fact
    /// each, over so few facts that a reader sees which cases there are, and each fact looked at by several rules.
    pub fn table(&self, dictionary: &Dictionary) -> Option<DecisionTable> {
        let Body::Rules(rules) = &self.body else {
            return None;
        };
        let cells: Vec<Vec<Cell>> = rules
            .iter()
            .map(|rule| cells(rule, dictionary))
            .collect::<Option<_>>()?;
        let mut columns: Vec<FieldId> = Vec::new();
        for (id, _) in cells.iter().flatten() {
            if !columns.contains(id) {
                columns.push(*id);
            }
        }
        let shared = |id: &FieldId| {
            let looks = cells.iter().filter(|row| row.iter().any(|(f, _)| f == id));
            looks.count() > 1
        };
        let fits = (1..=limits::MAX_TABLE_COLUMNS).contains(&columns.len());
        if rules.len() < 2 || !fits || !columns.iter().all(shared) {
            return None;
        }
        let rows = cells.into_iter().enumerate().map(|(rule, row)| TableRow {
            rule,
            cells: columns.iter().map(|id| of_column(&row, *id)).collect(),
        });
        Some(DecisionTable {
            rows: rows.collect(),
            columns,
        })
    }

    /// The countries that its conditions and rules name (ISO 3166-1 alpha-2), in order.
    pub fn countries(&self, dictionary: &Dictionary) -> Vec<String> {
        let conditions = self.conditions.iter().map(|c| &c.expression);
        let rules = match &self.body {
            Body::Rules(rules) => rules.as_slice(),
            Body::Plugin(_) => &[],
        };
        let mut rest: Vec<&Node> = conditions.chain(rules.iter().map(|r| &r.when)).collect();
        let mut found = Vec::new();
        while let Some(node) = rest.pop() {
            match node {
                Node::Compare(_, one, two) => {
                    let pair = [(&**one, &**two), (&**two, &**one)];
                    for (field, constant) in pair {
                        if let (true, Node::Constant(c)) = (is_country(field, dictionary), constant)
                        {
                            found.extend(text(c));
                        }
                    }
                }
                Node::Among(value, constants) if is_country(value, dictionary) => {
                    found.extend(constants.iter().filter_map(text));
                }
                Node::InList(_, list) if list.kind() == ListKind::Country => {
                    found.extend(list.entries().map(str::to_owned));
                }
                _ => {}
            }
            rest.extend(node.children());
        }
        found.sort();
        found.dedup();
        found
    }
}

fn of_column(row: &[Cell], id: FieldId) -> Option<String> {
    let said: Vec<&str> = row
        .iter()
        .filter(|(f, _)| *f == id)
        .map(|(_, words)| words.as_str())
        .collect();
    (!said.is_empty()).then(|| said.join(" and "))
}

/// A rule as sentences about one fact each, all of which have to hold.
fn cells(rule: &Rule, dictionary: &Dictionary) -> Option<Vec<Cell>> {
    let mut parts = Vec::new();
    all_of(&rule.when, true, &mut parts)?;
    let speaker = Speaker { dictionary };
    parts
        .into_iter()
        .map(|(node, holds)| {
            let mut fields = Vec::new();
            let mut rest = vec![node];
            while let Some(node) = rest.pop() {
                if let Node::Field(id) | Node::Has(id) = node {
                    fields.push(*id);
                }
                rest.extend(node.children());
            }
            fields.dedup();
            let [id] = fields.as_slice() else { return None };
            let field = dictionary.field(*id);
            let sentence = speaker.truth(node, holds).one_line();
            let subject = format!("{} ({})", field.title, field.name);
            let words = sentence
                .strip_prefix(&subject)?
                .trim_start_matches(':')
                .trim();
            Some((*id, words.to_owned()))
        })
        .collect()
}

/// The parts of which all have to hold, or nothing where any one of several is enough.
fn all_of<'a>(node: &'a Node, holds: bool, parts: &mut Vec<(&'a Node, bool)>) -> Option<()> {
    match (node, holds) {
        (Node::Shared(inner), _) => all_of(inner, holds, parts),
        (Node::Not(inner), _) => all_of(inner, !holds, parts),
        (Node::And(one, two), true) | (Node::Or(one, two), false) => {
            all_of(one, holds, parts)?;
            all_of(two, holds, parts)
        }
        (Node::And(..) | Node::Or(..) | Node::If(..) | Node::Constant(_), _) => None,
        _ => {
            parts.push((node, holds));
            Some(())
        }
    }
}

fn is_country(node: &Node, dictionary: &Dictionary) -> bool {
    match node {
        Node::Field(id) => dictionary.field(*id).kind == Kind::Country,
        Node::Shared(inner) => is_country(inner, dictionary),
        _ => false,
    }
}

fn text(constant: &Constant) -> Option<String> {
    match constant {
        Constant::Text(text) => Some(text.to_string()),
        _ => None,
    }
}
