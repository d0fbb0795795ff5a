//! What customers have enrolled to prove who they are with: a projection of the log, by service and customer.
//!
//! Held in memory is which factors there are and how they were last used; what they consist of lies in the vault, for the
//! customer, and is read when it is needed. So a customer who is erased has none.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use weft_assist::factor::comes_after;
use weft_assist::limits::MAX_FACTORS_A_CUSTOMER;
use weft_assist::{FactorUse, Follow, Method, NotEnrolled};
use weft_dictionary::{Timestamp, Token};
use weft_vault::Subject;

use crate::limits::MAX_FACTORS;

/// The factors that are enrolled now.
#[derive(Default)]
pub(crate) struct Factors(Mutex<Enrolled>);

#[derive(Default)]
struct Enrolled {
    by_customer: HashMap<Customer, Vec<Factor>>,
    /// Whose a factor is, by the decision that enrolled it.
    by_enrolment: HashMap<String, Customer>,
}

/// Whose a factor is: enrolled through a service, which authenticates the customer, and no other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Customer {
    pub(crate) service: String,
    pub(crate) subject: Subject,
}

impl Customer {
    /// The name under which one use, enrolment or removal of their factors waits for another.
    pub(crate) fn lock_name(&self) -> String {
        format!("factors={} {}", self.service, self.subject)
    }
}

/// One factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Factor {
    /// As the service calls it.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Of a passkey, its ID.
    pub(crate) credential: Option<Token>,
    /// Of a passkey its public key, of codes their secret.
    pub(crate) key: Token,
    /// The decision that enrolled it.
    pub(crate) enrolment: String,
    pub(crate) enrolled_at: Timestamp,
    /// The count of its last use.
    pub(crate) last: u64,
}

/// What a decision says of a factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FactorStep {
    Enrol(Factor),
    /// By its service's name for it.
    Remove(String),
}

impl Factors {
    /// Whether a step can be taken. The caller holds the customer's lock until it is recorded.
    pub(crate) fn check(&self, whose: &Customer, step: &FactorStep) -> Result<(), NotEnrolled> {
        let enrolled = self.lock();
        let theirs = enrolled
            .by_customer
            .get(whose)
            .map_or(&[][..], Vec::as_slice);
        match step {
            FactorStep::Enrol(new) if theirs.iter().any(|one| one.id == new.id) => {
                Err(NotEnrolled::Known)
            }
            FactorStep::Enrol(_)
                if theirs.len() >= MAX_FACTORS_A_CUSTOMER
                    || enrolled.by_enrolment.len() >= MAX_FACTORS =>
            {
                Err(NotEnrolled::TooMany)
            }
            FactorStep::Remove(id) if !theirs.iter().any(|one| one.id == *id) => {
                Err(NotEnrolled::Unknown)
            }
            FactorStep::Enrol(_) | FactorStep::Remove(_) => Ok(()),
        }
    }

    /// Takes over what a durable decision says of a factor.
    pub(crate) fn take(&self, whose: Customer, step: FactorStep) {
        let mut enrolled = self.lock();
        match step {
            FactorStep::Enrol(factor) => {
                let enrolment = factor.enrolment.clone();
                enrolled.by_enrolment.insert(enrolment, whose.clone());
                enrolled.by_customer.entry(whose).or_default().push(factor);
            }
            FactorStep::Remove(id) => enrolled.remove(&whose, |factor| factor.id == id),
        }
    }

    /// Takes over which factor a durable decision used.
    pub(crate) fn see(&self, follow: &Follow) {
        let mut enrolled = self.lock();
        if let Some(used) = &follow.factor
            && let Some(factor) = enrolled.of_enrolment(&used.enrolment)
        {
            factor.last = factor.last.max(used.count);
        }
    }

    /// Forgets the factors of people who were erased.
    pub(crate) fn forget(&self, people: &[Subject]) {
        let mut enrolled = self.lock();
        let whose = enrolled.by_customer.keys();
        let gone: Vec<Customer> = whose
            .filter(|whose| people.contains(&whose.subject))
            .cloned()
            .collect();
        for whose in gone {
            enrolled.remove(&whose, |_| true);
        }
    }

    /// A customer's factors for a method.
    pub(crate) fn of(&self, whose: &Customer, method: Method) -> Vec<Factor> {
        let enrolled = self.lock();
        let theirs = enrolled.by_customer.get(whose).into_iter().flatten();
        theirs.filter(|one| one.method == method).cloned().collect()
    }

    /// The factors of these enrolments that are still there.
    pub(crate) fn of_enrolments(&self, enrolments: &[String]) -> Vec<Factor> {
        let mut enrolled = self.lock();
        let found = enrolments.iter();
        found
            .filter_map(|one| enrolled.of_enrolment(one).cloned())
            .collect()
    }

    /// Whether a use comes after all before it. The caller holds the factor's lock until it is recorded.
    pub(crate) fn is_new(&self, method: Method, used: &FactorUse) -> bool {
        let mut enrolled = self.lock();
        let factor = enrolled.of_enrolment(&used.enrolment);
        factor.is_some_and(|factor| comes_after(method, used.count, factor.last))
    }

    fn lock(&self) -> MutexGuard<'_, Enrolled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Enrolled {
    fn of_enrolment(&mut self, enrolment: &str) -> Option<&mut Factor> {
        let whose = self.by_enrolment.get(enrolment)?;
        let theirs = self.by_customer.get_mut(whose)?;
        theirs.iter_mut().find(|one| one.enrolment == enrolment)
    }

    fn remove(&mut self, whose: &Customer, is_meant: impl Fn(&Factor) -> bool) {
        let Some(theirs) = self.by_customer.get_mut(whose) else {
            return;
        };
        for gone in theirs.extract_if(.., |factor| is_meant(factor)) {
            self.by_enrolment.remove(&gone.enrolment);
        }
        if theirs.is_empty() {
            self.by_customer.remove(whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ines() -> Customer {
        Customer {
            service: "shop".to_owned(),
            subject: Subject::NOBODY,
        }
    }

    fn factor(id: &str) -> FactorStep {
        FactorStep::Enrol(Factor {
            id: id.to_owned(),
            method: Method::Passkey,
            credential: None,
            key: Token::new("eu", "publickey", [1; 16]),
            enrolment: format!("dec of {id}"),
            enrolled_at: Timestamp(1),
            last: 0,
        })
    }

    #[test]
    fn a_factor_is_its_services_and_its_customers_under_a_name_of_its_own() {
        let factors = Factors::default();
        assert_eq!(factors.check(&ines(), &factor("F-1")), Ok(()));
        factors.take(ines(), factor("F-1"));
        assert_eq!(
            factors.check(&ines(), &factor("F-1")),
            Err(NotEnrolled::Known)
        );
        let elsewhere = Customer {
            service: "bank".to_owned(),
            ..ines()
        };
        let remove = FactorStep::Remove("F-1".to_owned());
        assert_eq!(
            factors.check(&elsewhere, &remove),
            Err(NotEnrolled::Unknown)
        );
        assert!(factors.of(&elsewhere, Method::Passkey).is_empty());
        assert!(factors.of(&ines(), Method::Totp).is_empty());
        assert_eq!(factors.of(&ines(), Method::Passkey).len(), 1);
        assert_eq!(factors.check(&ines(), &remove), Ok(()));
        factors.take(ines(), remove);
        assert!(factors.of_enrolments(&["dec of F-1".to_owned()]).is_empty());
        for number in 0..MAX_FACTORS_A_CUSTOMER {
            factors.take(ines(), factor(&format!("F-{number}")));
        }
        assert_eq!(
            factors.check(&ines(), &factor("F-x")),
            Err(NotEnrolled::TooMany)
        );
    }

    /// R5: what was used does not come again, and what is not there any more is not used.
    #[test]
    fn a_use_that_was_seen_is_not_new() {
        let factors = Factors::default();
        factors.take(ines(), factor("F-1"));
        let used = |count| FactorUse {
            enrolment: "dec of F-1".to_owned(),
            enrolled_at: Timestamp(1),
            count,
        };
        assert!(factors.is_new(Method::Passkey, &used(3)));
        let mut follow = Follow::state(weft_assist::State::Pending);
        follow.factor = Some(used(3));
        factors.see(&follow);
        assert!(!factors.is_new(Method::Passkey, &used(3)));
        assert!(factors.is_new(Method::Passkey, &used(4)));
        factors.forget(&[Subject::NOBODY]);
        assert!(!factors.is_new(Method::Passkey, &used(4)));
    }
}
