//! Going through the cases: what has to hold is assumed, what can be one or the other is tried both ways.

use std::cell::Cell;
use std::rc::Rc;

use super::example;
use super::form::Form;
use super::hints::Hints;
use super::state::{Known, State};
use super::{Facts, Mode};
use crate::limits::{MAX_CONFLICTS, MAX_UNCONFIRMED};
use crate::words::Speaker;

/// Asking conditions about a row takes about as long as this many steps.
const STEPS_OF_TRY: u64 = 4;

/// A condition, and how it is to come out.
type Wanted = (Rc<Form>, Mode);

/// How a search ended.
pub(super) enum End {
    /// All cases are impossible, but for those that no example confirmed.
    Closed,
    Found(Facts),
    GivenUp,
}

/// What became of one condition.
enum Step {
    /// All of these, too.
    All(Vec<Wanted>),
    /// One of these.
    Either(Rc<[Vec<Wanted>]>),
    Done,
    Impossible,
}

pub(super) struct Search<'s> {
    steps: &'s Cell<u64>,
    hints: &'s Hints,
    confirms: &'s dyn Fn(&Facts) -> bool,
    conflicts: Conflicts,
    unconfirmed: usize,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        steps: &'s Cell<u64>,
        hints: &'s Hints,
        confirms: &'s dyn Fn(&Facts) -> bool,
    ) -> Search<'s> {
        Search {
            steps,
            hints,
            confirms,
            conflicts: Conflicts::default(),
            unconfirmed: 0,
        }
    }

    /// Whether a case is possible for all that is known, and no example was found.
    pub(super) fn met_unconfirmed(&self) -> bool {
        self.unconfirmed > 0
    }

    /// Why cases are impossible.
    pub(super) fn conflicts(&self) -> &Conflicts {
        &self.conflicts
    }

    /// What is wanted first is looked at last, so that it is turned round.
    pub(super) fn run(&mut self, mut wanted: Vec<Wanted>, state: State) -> End {
        wanted.reverse();
        self.case(wanted, Vec::new(), state)
    }

    fn case(
        &mut self,
        mut wanted: Vec<Wanted>,
        mut either: Vec<Rc<[Vec<Wanted>]>>,
        mut state: State,
    ) -> End {
        while let Some((form, mode)) = wanted.pop() {
            if !self.spend(1 + state.terms.len() as u64 / 8) {
                return End::GivenUp;
            }
            match self.step(&form, mode, &mut state) {
                Step::All(more) => wanted.extend(more.into_iter().rev()),
                Step::Either(cases) => either.push(cases),
                Step::Done => {}
                Step::Impossible => return End::Closed,
            }
        }
        // What leaves the fewest cases is tried first.
        let Some(at) = (0..either.len()).min_by_key(|at| either[*at].len()) else {
            return self.example(&state);
        };
        let cases = either.swap_remove(at);
        for case in cases.iter() {
            let wanted = case.iter().rev().cloned().collect();
            match self.case(wanted, either.clone(), state.clone()) {
                End::Closed => {}
                end => return end,
            }
        }
        End::Closed
    }

    fn spend(&self, steps: u64) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(steps));
        left >= steps
    }

    fn step(&mut self, form: &Rc<Form>, mode: Mode, state: &mut State) -> Step {
        let with = |forms: &[Rc<Form>], mode| forms.iter().map(|f| (Rc::clone(f), mode)).collect();
        let one_of = |forms: &[Rc<Form>], mode| {
            Step::Either(forms.iter().map(|f| vec![(Rc::clone(f), mode)]).collect())
        };
        match (&**form, mode) {
            (Form::Known(truth), mode) => {
                let holds = match mode {
                    Mode::True | Mode::NotFalse => *truth,
                    Mode::False | Mode::NotTrue => !truth,
                };
                if holds { Step::Done } else { Step::Impossible }
            }
            (Form::Neither, Mode::NotTrue | Mode::NotFalse) => Step::Done,
            (Form::Neither, _) => Step::Impossible,
            (Form::Not(inner), mode) => Step::All(vec![(Rc::clone(inner), mode.turned())]),
            (Form::All(parts), Mode::True | Mode::NotFalse) => Step::All(with(parts, mode)),
            (Form::All(parts), Mode::False | Mode::NotTrue) => one_of(parts, mode),
            (Form::Any(parts), Mode::False | Mode::NotTrue) => Step::All(with(parts, mode)),
            (Form::Any(parts), Mode::True | Mode::NotFalse) => one_of(parts, mode),
            (Form::If(condition, one, two), mode) => choice(condition, one, two, mode),
            (Form::Atom(atom), mode) => match state.assume(form, atom, mode) {
                Ok(()) => Step::Done,
                Err(key) => {
                    if let Some(known) = state.terms.get(&key) {
                        self.conflicts.add(known);
                    }
                    Step::Impossible
                }
            },
        }
    }

    fn example(&mut self, state: &State) -> End {
        if self.unconfirmed >= MAX_UNCONFIRMED {
            return End::GivenUp;
        }
        let confirms = |facts: &Facts| self.spend(STEPS_OF_TRY) && (self.confirms)(facts);
        match example::find(state, self.hints, &confirms) {
            Some(facts) => End::Found(facts),
            None if self.steps.get() == 0 => End::GivenUp,
            None => {
                self.unconfirmed += 1;
                End::Closed
            }
        }
    }
}

/// True or false it is with the branch that the condition takes. That it is not so leaves, for each branch,
/// that it is not taken or is not so either.
fn choice(condition: &Rc<Form>, one: &Rc<Form>, two: &Rc<Form>, mode: Mode) -> Step {
    let want = |form: &Rc<Form>, mode| (Rc::clone(form), mode);
    match mode {
        Mode::True | Mode::False => Step::Either(Rc::from([
            vec![want(condition, Mode::True), want(one, mode)],
            vec![want(condition, Mode::False), want(two, mode)],
        ])),
        // Neither true nor false: not taken and not taken, not taken and not so, …
        Mode::NotTrue | Mode::NotFalse => Step::Either(Rc::from([
            vec![
                want(condition, Mode::NotTrue),
                want(condition, Mode::NotFalse),
            ],
            vec![want(condition, Mode::NotTrue), want(two, mode)],
            vec![want(one, mode), want(condition, Mode::NotFalse)],
            vec![want(one, mode), want(two, mode)],
        ])),
    }
}

/// Why cases are impossible: what was said of one fact that cannot be.
#[derive(Debug, Default)]
pub(super) struct Conflicts {
    cases: Vec<Known>,
}

impl Conflicts {
    fn add(&mut self, known: &Known) {
        if self.cases.len() < MAX_CONFLICTS {
            self.cases.push(known.clone());
        }
    }

    /// Each in words, once.
    pub(super) fn words(&self, speaker: &Speaker<'_>) -> Vec<String> {
        let mut all = Vec::new();
        for known in &self.cases {
            let words = words(known, speaker);
            if !all.contains(&words) {
                all.push(words);
            }
        }
        all
    }
}

fn words(known: &Known, speaker: &Speaker<'_>) -> String {
    let mut said = Vec::new();
    for (form, mode) in &known.said {
        let Form::Atom(atom) = &**form else { continue };
        let holds = matches!(mode, Mode::True | Mode::NotFalse);
        let words = speaker.truth(&atom.node, holds).one_line();
        if !said.contains(&words) {
            said.push(words);
        }
    }
    let allowed = known.fact.as_ref().and_then(|fact| match &fact.domain {
        super::domain::Domain::Words(words) if fact.kind == weft_dictionary::Kind::Text => {
            let listed: Vec<&str> = words.listed()?.map(|text| &**text).collect();
            Some(format!("the dictionary has only {}", listed.join(", ")))
        }
        super::domain::Domain::Words(_) if fact.kind == weft_dictionary::Kind::Country => {
            Some("a country is two letters of ISO 3166-1".to_owned())
        }
        _ => None,
    });
    let is_alone = said.len() < 2;
    let allowed = allowed.filter(|_| is_alone);
    said.into_iter()
        .chain(allowed)
        .collect::<Vec<_>>()
        .join("; ")
}
