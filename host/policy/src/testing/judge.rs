//! Which mistakes the tests of policies notice.

use std::sync::Arc;

use weft_dictionary::Dictionary;

use super::{Ready, Tested, compare, said};
use crate::lists::List;
use crate::mutate::{Mutant, Mutants, Survivor, asks};
use crate::policy::Policy;

/// A policy and those of its tests that hold: one that fails anyway notices nothing.
pub(crate) struct Judge<'a> {
    policy: &'a Policy,
    dictionary: &'a Dictionary,
    tests: Vec<Ready<'a>>,
}

impl<'a> Tested<'a> {
    /// Who says which mistakes its tests notice.
    pub(crate) fn judge(self) -> Judge<'a> {
        let dictionary = self.given.dictionary;
        let ready = (self.source.tests.iter()).filter_map(|test| self.ready(test).ok());
        Judge {
            policy: self.policy,
            dictionary,
            tests: ready
                .filter(|test| test.run(self.policy, dictionary).is_ok())
                .collect(),
        }
    }
}

impl Judge<'_> {
    /// What comes of each mistake in the policy.
    pub(super) fn mutants(&self) -> Mutants {
        let mut mutants = Mutants::default();
        for mutant in Mutant::all(self.policy) {
            if self.notices(&mutant) {
                *mutants.noticed.entry(mutant.kind()).or_default() += 1;
                continue;
            }
            let survivor = Survivor {
                path: self.policy.path.clone(),
                kind: mutant.kind(),
                what: mutant.words(self.policy, self.dictionary),
            };
            match mutant.why_none(self.policy, self.dictionary) {
                Some(why) => mutants.equivalent.push((survivor, why)),
                None => mutants.survivors.push(survivor),
            }
        }
        mutants
    }

    fn notices(&self, mutant: &Mutant) -> bool {
        let mutated = mutant.apply(self.policy, self.dictionary);
        self.tests.iter().any(|ready| {
            let given = &ready.test.with.0;
            if mutant
                .parameter()
                .is_some_and(|name| given.contains_key(name))
            {
                return false;
            }
            let varied = ready.varied.as_ref();
            let varied = varied.map(|varied| mutant.apply(varied, self.dictionary));
            let policy = varied.as_ref().unwrap_or(&mutated);
            let said = said(self.dictionary, policy, &ready.row);
            compare(&said, &ready.test.expect).is_err()
        })
    }
}

/// What comes of each entry that is left out of a list, by the tests of the policies that ask the list and have some.
pub(crate) fn of_lists(lists: &[Arc<List>], judges: &[Judge<'_>]) -> Mutants {
    let mut mutants = Mutants::default();
    for list in lists {
        let asked = judges
            .iter()
            .filter(|judge| asks(judge.policy, list.name()));
        let asked: Vec<&Judge<'_>> = asked.collect();
        if asked.is_empty() {
            continue;
        }
        for mutant in Mutant::of_list(list) {
            if asked.iter().any(|judge| judge.notices(&mutant)) {
                *mutants.noticed.entry(mutant.kind()).or_default() += 1;
                continue;
            }
            mutants.survivors.push(Survivor {
                path: list.path().to_owned(),
                kind: mutant.kind(),
                what: mutant.words(asked[0].policy, asked[0].dictionary),
            });
        }
    }
    mutants
}
