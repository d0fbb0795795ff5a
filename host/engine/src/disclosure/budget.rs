//! How often facts were shown today: a projection of the log.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use weft_dictionary::Timestamp;
use weft_policy::Disclosure;

use crate::limits::MAX_COUNTED;

const DAY_MS: u64 = 86_400_000;

/// One use of a disclosure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Use<'a> {
    /// The disclosure's id.
    pub(crate) disclosure: &'a str,
    pub(crate) case: &'a str,
    pub(crate) customer: &'a str,
    /// All identifiers of that person, by which the vault knows it.
    pub(crate) person: &'a [String],
    pub(crate) caller: &'a str,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    Case,
    Customer,
    Caller,
}

/// The counts of one day.
#[derive(Default)]
pub(crate) struct Budgets(Mutex<Day>);

#[derive(Default)]
struct Day {
    /// Days since 1970.
    number: u64,
    counts: HashMap<(Of, String, String), u32>,
}

impl Budgets {
    /// Takes one use out of the budget; refuses, and counts nothing, where case, customer or caller have used it up.
    pub(crate) fn take(&self, disclosure: &Disclosure, used: Use<'_>, at: Timestamp) -> bool {
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        day.begin(at);
        let budget = disclosure.budget();
        let most = [budget.per_case, budget.per_customer, budget.per_day];
        let keys = keys(used);
        let within = keys
            .iter()
            .zip(most)
            .all(|(key, most)| day.counts.get(key).copied().unwrap_or(0) < most)
            && day.of_person(used) < budget.per_customer;
        if within && day.counts.len() + keys.len() <= MAX_COUNTED {
            day.count(keys);
            return true;
        }
        false
    }

    /// A use that the log knows of.
    pub(crate) fn restore(&self, used: Use<'_>, at: Timestamp) {
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        day.begin(at);
        if day.counts.len() < MAX_COUNTED {
            day.count(keys(used));
        }
    }
}

impl Day {
    /// A clock that goes back does not give a budget again.
    fn begin(&mut self, at: Timestamp) {
        let number = at.0 / DAY_MS;
        if number > self.number {
            self.number = number;
            self.counts.clear();
        }
    }

    /// How often the customer was shown, by whichever of their identifiers.
    fn of_person(&self, used: Use<'_>) -> u32 {
        let others = used.person.iter().filter(|name| *name != used.customer);
        let names = others.map(String::as_str).chain([used.customer]);
        let counts = names.map(|name| {
            let key = (Of::Customer, used.disclosure.to_owned(), name.to_owned());
            self.counts.get(&key).copied().unwrap_or(0)
        });
        counts.fold(0, u32::saturating_add)
    }

    fn count(&mut self, keys: [(Of, String, String); 3]) {
        for key in keys {
            let count = self.counts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
    }
}

fn keys(used: Use<'_>) -> [(Of, String, String); 3] {
    [
        (Of::Case, used.case),
        (Of::Customer, used.customer),
        (Of::Caller, used.caller),
    ]
    .map(|(of, name)| (of, used.disclosure.to_owned(), name.to_owned()))
}
