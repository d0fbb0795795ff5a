//! Whether the tests in policy files would notice a mistake.
//!
//! A mutant is a policy with one small mistake. One that no test notices survives: somebody could make that mistake
//! unseen. Where it is proven that a mistake makes no difference, no test can notice it; it is told apart, with the
//! reason.
//!
//! | module | mistakes |
//! |---|---|
//! | `conditions` | in conditions: comparisons, `and` and `or`, what they join, numbers, what is left out |
//! | `thresholds` | in parameters: numbers, and from which level of threat on they hold |
//! | `obligations` | in what is due |
//! | `gaps` | in what is said where a fact is missing or something fails |
//! | `lists` | entries of lists that are left out |
//! | `equivalent` | those that make no difference |

mod conditions;
mod equivalent;
mod gaps;
mod lists;
mod numbers;
mod obligations;
mod rewrite;
mod thresholds;

use std::collections::BTreeMap;

use weft_dictionary::Dictionary;

pub(crate) use self::lists::asks;
use crate::lists::List;
use crate::policy::Policy;

/// What a mistake is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MistakeKind {
    /// A comparison, `and` or `or` or one of what they join, `not`, an entry, or a rule or condition that is left out.
    Condition,
    /// A number in a condition or a parameter, off by one unit.
    Number,
    /// From which level of threat on a value holds.
    Threat,
    /// An obligation that is left out, or has another argument.
    Obligation,
    /// `on_missing` or `on_error`, the next milder.
    Gap,
    /// An entry of a list that is left out.
    List,
}

impl MistakeKind {
    /// All kinds.
    pub const ALL: [MistakeKind; 6] = [
        MistakeKind::Condition,
        MistakeKind::Number,
        MistakeKind::Threat,
        MistakeKind::Obligation,
        MistakeKind::Gap,
        MistakeKind::List,
    ];

    /// In words, of several.
    pub fn as_str(self) -> &'static str {
        match self {
            MistakeKind::Condition => "conditions and rules",
            MistakeKind::Number => "numbers",
            MistakeKind::Threat => "levels of threat",
            MistakeKind::Obligation => "obligations",
            MistakeKind::Gap => "on_missing and on_error",
            MistakeKind::List => "entries of lists",
        }
    }
}

/// What came of the mutants of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutants {
    /// How many a test noticed, by kind.
    pub noticed: BTreeMap<MistakeKind, usize>,
    /// Those that no test noticed.
    pub survivors: Vec<Survivor>,
    /// Those that no test can notice, and why.
    pub equivalent: Vec<(Survivor, &'static str)>,
}

impl Mutants {
    /// How many a test noticed.
    pub fn killed(&self) -> usize {
        self.noticed.values().sum()
    }
}

/// A mistake that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The file, below the set's directory.
    pub path: String,
    /// What it is about.
    pub kind: MistakeKind,
    /// The mistake, in words.
    pub what: String,
}

/// One mistake.
#[derive(Debug, Clone)]
pub(crate) enum Mutant {
    Condition(conditions::Mistake),
    Threshold(thresholds::Mistake),
    Obligation(obligations::Mistake),
    Gap(gaps::Mistake),
    List(lists::Mistake),
}

impl Mutant {
    /// Every mistake that can be made in a policy.
    pub(crate) fn all(policy: &Policy) -> Vec<Mutant> {
        let conditions = conditions::Mistake::all(policy).into_iter();
        let thresholds = thresholds::Mistake::all(policy).into_iter();
        let obligations = obligations::Mistake::all(policy).into_iter();
        let gaps = gaps::Mistake::all(policy).into_iter();
        let conditions = conditions.map(Mutant::Condition);
        let thresholds = conditions.chain(thresholds.map(Mutant::Threshold));
        let obligations = thresholds.chain(obligations.map(Mutant::Obligation));
        obligations.chain(gaps.map(Mutant::Gap)).collect()
    }

    /// Every mistake that can be made in a list.
    pub(crate) fn of_list(list: &List) -> impl Iterator<Item = Mutant> {
        lists::Mistake::all(list).map(Mutant::List)
    }

    /// What it is about.
    pub(crate) fn kind(&self) -> MistakeKind {
        match self {
            Mutant::Condition(mistake) => mistake.kind(),
            Mutant::Threshold(mistake) => mistake.kind(),
            Mutant::Obligation(_) => MistakeKind::Obligation,
            Mutant::Gap(_) => MistakeKind::Gap,
            Mutant::List(_) => MistakeKind::List,
        }
    }

    /// The parameter that is another by it; a test that gives that parameter a value has it as it is.
    pub(crate) fn parameter(&self) -> Option<&str> {
        match self {
            Mutant::Threshold(mistake) => Some(mistake.parameter()),
            _ => None,
        }
    }

    /// The policy with the mistake.
    pub(crate) fn apply(&self, policy: &Policy, dictionary: &Dictionary) -> Policy {
        let mut mutated = policy.clone();
        match self {
            Mutant::Condition(mistake) => mistake.make(&mut mutated, dictionary),
            Mutant::Threshold(mistake) => mistake.make(&mut mutated, dictionary),
            Mutant::Obligation(mistake) => mistake.make(&mut mutated),
            Mutant::Gap(mistake) => mistake.make(&mut mutated),
            Mutant::List(mistake) => mistake.make(&mut mutated, dictionary),
        }
        mutated
    }

    /// The mistake in words.
    pub(crate) fn words(&self, policy: &Policy, dictionary: &Dictionary) -> String {
        match self {
            Mutant::Condition(mistake) => mistake.words(policy, dictionary),
            Mutant::Threshold(mistake) => mistake.words(),
            Mutant::Obligation(mistake) => mistake.words(policy),
            Mutant::Gap(mistake) => mistake.words(policy),
            Mutant::List(mistake) => mistake.words(),
        }
    }

    /// Why it makes no difference, where that is proven.
    pub(crate) fn why_none(
        &self,
        policy: &Policy,
        dictionary: &Dictionary,
    ) -> Option<&'static str> {
        match self {
            Mutant::Condition(mistake) => {
                let (was, is) = mistake.comparisons(policy)?;
                equivalent::are_same(&was, &is, dictionary)
                    .then_some("the comparison comes out the same, whatever its facts are")
            }
            Mutant::Gap(mistake) => mistake.why_none(policy, dictionary),
            Mutant::Obligation(mistake) => mistake.why_none(policy),
            Mutant::Threshold(_) | Mutant::List(_) => None,
        }
    }
}
