//! Which policies can apply to a row, without asking those that cannot.
//!
//! Most policies are about one kind of request: `session.channel == 'web'`, `payment.scheme in ['SCT_INST']`.
//! The index holds, for each fact that conditions compare with constants and for each value that they name,
//! a bit for each policy that the value does not rule out. A row's facts give one row of bits each; what all
//! of them have in common are the candidates. A policy that is ruled out costs its bit.
//!
//! The index is exact about missing facts: where a fact is missing, nothing is ruled out by it, because the
//! policy then has to say that it cannot tell. And it rules out only what [`Policy::matches`] would find not
//! to apply: one condition that is false decides, whatever the others rest on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use weft_dictionary::{FieldId, Row, Value};

use crate::cel::node::{Comparison, Constant, Node};
use crate::lists::ListKind;
use crate::pipeline::Layout;
use crate::policy::Policy;

/// Facts by which the policies of a stage and operation are told apart. Those count that most conditions name.
const MAX_FIELDS: usize = 16;
/// Values that one condition may name for one fact; one that names more is asked.
const MAX_VALUES: usize = 256;
const WORD_BITS: usize = u64::BITS as usize;

/// The index of a set.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// By operation, then by stage.
    tables: HashMap<String, Vec<Table>>,
}

/// The policies that one stage asks about one operation.
#[derive(Debug, Clone)]
struct Table {
    /// Their places in the set, ascending.
    policies: Vec<usize>,
    all: Bits,
    fields: Vec<ByField>,
}

/// A bit for each policy of a table.
type Bits = Box<[u64]>;

/// The policies that a fact does not rule out.
#[derive(Debug, Clone)]
struct ByField {
    field: FieldId,
    texts: HashMap<Box<str>, Bits>,
    integers: HashMap<i64, Bits>,
    booleans: HashMap<bool, Bits>,
    /// For a value that no condition names.
    other: Bits,
}

/// A value that conditions compare with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Boolean(bool),
    Integer(i64),
    Text(Box<str>),
}

/// For each fact, the only values with which a policy can apply.
type Only = BTreeMap<FieldId, BTreeSet<Key>>;

impl Index {
    pub(crate) fn new(layout: &Layout, policies: &[Arc<Policy>]) -> Index {
        let only: Vec<Only> = policies.iter().map(|policy| only(policy)).collect();
        let tables = layout.operations.iter().map(|operation| {
            let stages = layout.stages.iter().map(|stage| {
                let asked = |policy: &Policy| {
                    policy.stage() == stage.name && policy.covers(&operation.name)
                };
                let places = policies.iter().enumerate();
                let places = places.filter(|(_, policy)| asked(policy)).map(|(at, _)| at);
                Table::new(places.collect(), &only)
            });
            (operation.name.clone(), stages.collect())
        });
        Index {
            tables: tables.collect(),
        }
    }

    /// The places of the policies in the set that may apply, ascending.
    pub(crate) fn candidates<'i>(
        &'i self,
        stage: usize,
        operation: &str,
        row: &Row,
    ) -> Candidates<'i> {
        let tables = self.tables.get(operation);
        Candidates::new(tables.and_then(|tables| tables.get(stage)), row)
    }
}

impl Table {
    fn new(policies: Vec<usize>, only: &[Only]) -> Table {
        let mut named: BTreeMap<FieldId, usize> = BTreeMap::new();
        for field in policies.iter().flat_map(|at| only[*at].keys()) {
            *named.entry(*field).or_default() += 1;
        }
        let mut fields: Vec<FieldId> = named.keys().copied().collect();
        fields.sort_by_key(|field| std::cmp::Reverse(named[field]));
        fields.truncate(MAX_FIELDS);
        let by_field = |field| ByField::new(field, &policies, only);
        Table {
            all: bits(policies.len(), |_| true),
            fields: fields.into_iter().map(by_field).collect(),
            policies,
        }
    }
}

impl ByField {
    fn new(field: FieldId, policies: &[usize], only: &[Only]) -> ByField {
        let wants = |bit: usize| only[policies[bit]].get(&field);
        let keys: BTreeSet<&Key> = (0..policies.len()).filter_map(wants).flatten().collect();
        let mut by_field = ByField {
            field,
            texts: HashMap::new(),
            integers: HashMap::new(),
            booleans: HashMap::new(),
            other: bits(policies.len(), |bit| wants(bit).is_none()),
        };
        for key in keys {
            let with = |bit| wants(bit).is_none_or(|keys| keys.contains(key));
            let bits = bits(policies.len(), with);
            match key {
                Key::Boolean(truth) => by_field.booleans.insert(*truth, bits),
                Key::Integer(n) => by_field.integers.insert(*n, bits),
                Key::Text(text) => by_field.texts.insert(text.clone(), bits),
            };
        }
        by_field
    }

    /// The policies that this row's fact does not rule out; none if it rules none out.
    fn of(&self, row: &Row) -> Option<&Bits> {
        let found = match row.get(self.field)? {
            Value::Boolean(truth) => self.booleans.get(truth),
            Value::Integer(n) => self.integers.get(n),
            Value::Text(text) => self.texts.get(text),
            _ => return None,
        };
        Some(found.unwrap_or(&self.other))
    }
}

fn bits(count: usize, holds: impl Fn(usize) -> bool) -> Bits {
    let mut bits = vec![0_u64; count.div_ceil(WORD_BITS)].into_boxed_slice();
    for bit in (0..count).filter(|bit| holds(*bit)) {
        bits[bit / WORD_BITS] |= 1 << (bit % WORD_BITS);
    }
    bits
}

/// The policies that may apply to a row, in the order of the set.
#[derive(Debug)]
pub(crate) struct Candidates<'i> {
    table: Option<&'i Table>,
    /// What each fact leaves.
    left: [Option<&'i Bits>; MAX_FIELDS],
    word: usize,
    bits: u64,
}

impl<'i> Candidates<'i> {
    fn new(table: Option<&'i Table>, row: &Row) -> Candidates<'i> {
        let mut left = [None; MAX_FIELDS];
        let fields = table
            .map(|table| table.fields.as_slice())
            .unwrap_or_default();
        for (left, field) in left.iter_mut().zip(fields) {
            *left = field.of(row);
        }
        let mut candidates = Candidates {
            table,
            left,
            word: 0,
            bits: 0,
        };
        candidates.bits = candidates.word();
        candidates
    }

    /// What all facts leave of this word's policies.
    fn word(&self) -> u64 {
        let all = self.table.and_then(|table| table.all.get(self.word));
        let left = self.left.iter().flatten();
        left.fold(all.copied().unwrap_or_default(), |bits, left| {
            bits & left[self.word]
        })
    }
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let table = self.table?;
        while self.bits == 0 {
            self.word += 1;
            if self.word >= table.all.len() {
                return None;
            }
            self.bits = self.word();
        }
        let bit = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(table.policies[self.word * WORD_BITS + bit])
    }
}

/// The only values with which a policy can apply, by what its conditions compare with constants.
fn only(policy: &Policy) -> Only {
    let mut only = Only::new();
    for condition in &policy.conditions {
        both(&mut only, needs(&condition.expression));
    }
    only
}

/// The only values with which a condition can be anything but false.
fn needs(node: &Node) -> Only {
    match node {
        Node::Shared(node) => needs(node),
        Node::Field(id) => is(*id, [Key::Boolean(true)]),
        Node::Not(inner) => match &**inner {
            Node::Field(id) => is(*id, [Key::Boolean(false)]),
            _ => Only::new(),
        },
        Node::And(one, two) => {
            let mut only = needs(one);
            both(&mut only, needs(two));
            only
        }
        Node::Or(one, two) => either(needs(one), &needs(two)),
        Node::Compare(Comparison::Equal, one, two) => match (&**one, &**two) {
            (Node::Field(id), other) | (other, Node::Field(id)) => {
                constant(other).map_or_else(Only::new, |c| among(*id, std::slice::from_ref(c)))
            }
            _ => Only::new(),
        },
        Node::Among(value, constants) => match &**value {
            Node::Field(id) => among(*id, constants),
            _ => Only::new(),
        },
        Node::InList(value, list) if list.kind() != ListKind::Corridor => match &**value {
            Node::Field(id) => is(*id, list.entries().map(|entry| Key::Text(entry.into()))),
            _ => Only::new(),
        },
        _ => Only::new(),
    }
}

/// What an expression is, whatever the row.
fn constant(node: &Node) -> Option<&Constant> {
    match node {
        Node::Constant(constant) => Some(constant),
        Node::Parameter(threshold) if threshold.level.is_none() => Some(&threshold.values[0]),
        _ => None,
    }
}

/// A fact that has to be one of these, if equality with them is always known.
fn among(field: FieldId, constants: &[Constant]) -> Only {
    let key = |constant: &Constant| match constant {
        Constant::Boolean(truth) => Some(Key::Boolean(*truth)),
        Constant::Integer(n) => Some(Key::Integer(*n)),
        Constant::Text(text) => Some(Key::Text(text.clone())),
        // Amounts of two currencies are neither equal nor not; the others are rarely compared like this.
        _ => None,
    };
    match constants.iter().map(key).collect::<Option<Vec<Key>>>() {
        Some(keys) => is(field, keys),
        None => Only::new(),
    }
}

fn is(field: FieldId, keys: impl IntoIterator<Item = Key>) -> Only {
    let keys: BTreeSet<Key> = keys.into_iter().collect();
    if keys.len() > MAX_VALUES {
        return Only::new();
    }
    Only::from([(field, keys)])
}

/// Both have to hold.
fn both(only: &mut Only, more: Only) {
    for (field, keys) in more {
        only.entry(field)
            .and_modify(|known| known.retain(|key| keys.contains(key)))
            .or_insert(keys);
    }
}

/// One of the two has to hold: only a fact that both rest on can rule out both.
fn either(one: Only, two: &Only) -> Only {
    let in_both = one.into_iter().filter_map(|(field, mut keys)| {
        keys.extend(two.get(&field)?.iter().cloned());
        Some((field, keys))
    });
    in_both.collect()
}
