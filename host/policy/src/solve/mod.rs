//! Whether conditions can hold together: proven by ranges and sets of values, or shown by an example.
//!
//! An answer is one of three. *Never* is a proof: in no row do all of them come out so. *An example* is a row
//! that was confirmed by asking the compiled conditions themselves. *Unknown* is everything else: what rests on
//! functions and on how two facts compare is read as something of which only this is known, that it has one
//! outcome in one row; and a question that is too large is given up after
//! [`MAX_SOLVER_STEPS`](crate::limits). So nothing is claimed that was not proven or seen.
//!
//! | module | what is there |
//! |---|---|
//! | `numbers`, `texts`, `domain` | sets of values |
//! | `form` | conditions as logic over atoms |
//! | `read` | checked expressions into forms |
//! | `key` | which parts of expressions are the same |
//! | `search` | going through the cases |
//! | `state` | what is known in one case |
//! | `hints` | what conditions name |
//! | `example` | rows for a case |
//! | `picks` | which values go together |
//! | `times` | instants that conditions on the clock tell apart |

mod domain;
mod example;
mod form;
mod hints;
mod key;
mod numbers;
mod picks;
mod read;
mod search;
mod state;
mod texts;
mod times;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use weft_dictionary::{Dictionary, Row, Timestamp, Value};

pub(crate) use self::key::{meaning, written};

use self::form::{Fact, Form};
use self::hints::Hints;
use self::key::Level;
use self::read::{Reader, follows_threat};
use crate::cel::node::Node;
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL};
use crate::limits::MAX_SOLVER_STEPS;
use crate::words::Speaker;

/// An instant for examples that name none.
const AROUND: Timestamp = Timestamp(1_790_000_000_000);

/// How a condition is to come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    True,
    False,
    /// False, or neither.
    NotTrue,
    /// True, or neither.
    NotFalse,
}

impl Mode {
    /// Of the contrary.
    fn turned(self) -> Mode {
        match self {
            Mode::True => Mode::False,
            Mode::False => Mode::True,
            Mode::NotTrue => Mode::NotFalse,
            Mode::NotFalse => Mode::NotTrue,
        }
    }
}

/// A condition, and how it is to come out.
#[derive(Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) node: &'a Node,
    pub(crate) mode: Mode,
    pub(crate) dictionary: &'a Dictionary,
}

/// What came of a question.
#[derive(Debug)]
pub(crate) enum Answer {
    /// There is no such row. Why, in words.
    Never(Vec<String>),
    /// This row is one.
    Example(Facts),
    Unknown,
}

/// Facts by name, for rows of any dictionary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Facts(pub(crate) BTreeMap<Rc<str>, Value>);

impl Facts {
    /// The row of a dictionary with those of these facts that it has.
    pub(crate) fn row(&self, dictionary: &Dictionary) -> Row {
        let mut row = Row::new(dictionary);
        for (name, value) in &self.0 {
            if let Some(field) = dictionary.by_name(name) {
                // What another dictionary takes for this field may not fit: then it is not there.
                let _ = row.set(dictionary, field.id, value.clone());
            }
        }
        row
    }

    /// The same without the facts that do not matter for this.
    pub(crate) fn fewest(self, holds: &dyn Fn(&Facts) -> bool) -> Facts {
        self.fewer(&|_| true, holds)
    }

    /// The same; only facts that may be left out are.
    pub(crate) fn fewer(
        self,
        may_go: &dyn Fn(&str) -> bool,
        holds: &dyn Fn(&Facts) -> bool,
    ) -> Facts {
        let mut facts = self;
        let names = facts.0.keys().filter(|name| may_go(name));
        let names: Vec<Rc<str>> = names.cloned().collect();
        for name in names {
            let Some(value) = facts.0.remove(&name) else {
                continue;
            };
            if !holds(&facts) {
                facts.0.insert(name, value);
            }
        }
        facts
    }
}

/// A condition that was read, with which dictionary, at which level.
type Read = (*const Node, *const Dictionary, Level);

/// Answers questions about conditions, within a bound for all of them together.
pub(crate) struct Solver<'a> {
    forms: RefCell<HashMap<Read, Rc<Form>>>,
    readers: RefCell<HashMap<(*const Dictionary, Level), Rc<Reader<'a>>>>,
    left: Rc<Cell<u64>>,
    around: Rc<Cell<Timestamp>>,
}

impl<'a> Solver<'a> {
    /// With this many steps for all questions together.
    pub(crate) fn new(steps: u64) -> Solver<'a> {
        Solver {
            forms: RefCell::default(),
            readers: RefCell::default(),
            left: Rc::new(Cell::new(steps)),
            around: Rc::new(Cell::new(AROUND)),
        }
    }

    /// One for conditions that live shorter, within the same bound.
    pub(crate) fn for_now<'b>(&self) -> Solver<'b> {
        Solver {
            forms: RefCell::default(),
            readers: RefCell::default(),
            left: Rc::clone(&self.left),
            around: Rc::clone(&self.around),
        }
    }

    /// Instants in examples are from this one on, where nothing says more.
    pub(crate) fn look_around(&self, at: Timestamp) {
        self.around.set(at);
    }

    /// Steps that are left for all questions.
    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Whether there are no steps left.
    pub(crate) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether the conditions can come out like this together. An example counts when `confirms` says so; it
    /// has to ask the conditions themselves.
    pub(crate) fn ask(&self, goals: &[Goal<'a>], confirms: &dyn Fn(&Facts) -> bool) -> Answer {
        self.ask_beside(goals, &[], MAX_SOLVER_STEPS, confirms)
    }

    /// The same within so many steps; examples also have facts that these conditions name, which need not come out in
    /// any way.
    pub(crate) fn ask_beside(
        &self,
        goals: &[Goal<'a>],
        beside: &[(&Node, &Dictionary)],
        steps: u64,
        confirms: &dyn Fn(&Facts) -> bool,
    ) -> Answer {
        if self.is_spent() {
            return Answer::Unknown;
        }
        let hints = Hints::of(goals, beside, self.around.get());
        let allowed = self.left.get().min(steps);
        let steps = Cell::new(allowed);
        let answer = self.ask_levels(goals, &hints, confirms, &steps);
        self.left.set(self.left.get() - (allowed - steps.get()));
        answer
    }

    fn ask_levels(
        &self,
        goals: &[Goal<'a>],
        hints: &Hints,
        confirms: &dyn Fn(&Facts) -> bool,
        steps: &Cell<u64>,
    ) -> Answer {
        let follows = goals.iter().any(|goal| follows_threat(goal.node));
        let levels = match follows {
            false => vec![Level::Whatever],
            true => {
                let said = (0..=MAX_THREAT).map(Level::At);
                said.chain([Level::Unsaid]).collect()
            }
        };
        let mut why: Vec<String> = Vec::new();
        let mut unknown = false;
        for level in levels {
            match self.ask_at(level, goals, hints, confirms, steps) {
                Answer::Never(more) => {
                    for reason in more {
                        if !why.contains(&reason) {
                            why.push(reason);
                        }
                    }
                }
                Answer::Unknown => unknown = true,
                example => return example,
            }
        }
        if unknown {
            Answer::Unknown
        } else {
            Answer::Never(why)
        }
    }

    fn ask_at(
        &self,
        level: Level,
        goals: &[Goal<'a>],
        hints: &Hints,
        confirms: &dyn Fn(&Facts) -> bool,
        steps: &Cell<u64>,
    ) -> Answer {
        let forms: Vec<(Rc<Form>, Mode)> = goals
            .iter()
            .map(|goal| (self.form(goal, level), goal.mode))
            .collect();
        let mut state = state::State::default();
        if let Some(goal) = goals.first()
            && let Some(field) = goal.dictionary.by_name(THREAT_LEVEL)
        {
            let fact = self.reader(goal.dictionary, level).fact(field.id);
            if !state.assume_level(&fact, level) {
                return Answer::Never(Vec::new());
            }
        }
        let confirms = |facts: &Facts| confirms(facts);
        let mut search = search::Search::new(steps, hints, &confirms);
        let dictionary = goals.first().map(|goal| goal.dictionary);
        match search.run(forms, state) {
            search::End::Found(facts) => Answer::Example(facts),
            search::End::Closed if !search.met_unconfirmed() => {
                let conflicts = search.conflicts();
                let words = dictionary.map(|dictionary| conflicts.words(&Speaker { dictionary }));
                Answer::Never(words.unwrap_or_default())
            }
            search::End::Closed | search::End::GivenUp => Answer::Unknown,
        }
    }

    /// Values that a field can have, for examples.
    pub(crate) fn values_of(
        &self,
        name: &str,
        dictionary: &Dictionary,
        nodes: &[(&Node, &Dictionary)],
    ) -> Vec<Value> {
        let Some(field) = dictionary.by_name(name) else {
            return Vec::new();
        };
        let fact = Fact::of(field);
        let hints = Hints::of_nodes(nodes.iter().copied(), self.around.get());
        example::values(&fact, &fact.domain, &hints, &[])
    }

    fn reader(&self, dictionary: &'a Dictionary, level: Level) -> Rc<Reader<'a>> {
        let mut readers = self.readers.borrow_mut();
        let key = (std::ptr::from_ref(dictionary), level);
        let reader = readers.entry(key);
        Rc::clone(reader.or_insert_with(|| Rc::new(Reader::new(dictionary, level))))
    }

    /// A condition is read once. It lives as long as the solver, so its address is its name.
    fn form(&self, goal: &Goal<'a>, level: Level) -> Rc<Form> {
        let level = if follows_threat(goal.node) {
            level
        } else {
            Level::Whatever
        };
        let key = (
            std::ptr::from_ref(goal.node),
            std::ptr::from_ref(goal.dictionary),
            level,
        );
        if let Some(form) = self.forms.borrow().get(&key) {
            return Rc::clone(form);
        }
        let reader = self.reader(goal.dictionary, level);
        reader.left.set(crate::limits::MAX_READ_NODES);
        let form = reader.form(goal.node);
        self.forms.borrow_mut().insert(key, Rc::clone(&form));
        form
    }
}

/// The facts that an expression names.
pub(crate) fn facts_of(node: &Node, dictionary: &Dictionary) -> Vec<Rc<str>> {
    let mut ids = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match node {
            Node::Field(id) | Node::Has(id) => ids.push(*id),
            // A threshold that depends on the level of threat rests on it.
            Node::Parameter(threshold) => ids.extend(threshold.level),
            _ => {}
        }
        open.extend(node.children());
    }
    let names = ids
        .iter()
        .map(|id| Rc::from(dictionary.field(*id).name.as_str()));
    let mut names: Vec<Rc<str>> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}
