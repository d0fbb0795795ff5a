//! A hold is lifted, or ends before its date, when two operators say so.
//!
//! The first order is on record and waits; another operator gives the same one, about the same person and the same instant,
//! and it is carried out. Orders wait in memory: one that nobody repeated in time, or before the host stopped, is given
//! again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use weft_dictionary::Timestamp;
use weft_vault::Subject;

use crate::limits::{LIFT_WAITS, MAX_LIFTS};

/// What one operator ordered.
struct Lift {
    person: Vec<Subject>,
    until: Timestamp,
    by: String,
    at: Timestamp,
}

/// The orders that wait.
#[derive(Default)]
pub(crate) struct Lifts(Mutex<VecDeque<Lift>>);

impl Lifts {
    /// Who else ordered the same, and is not waited for any more; nobody, if this is the first.
    pub(crate) fn take(
        &self,
        person: &[Subject],
        until: Timestamp,
        by: &str,
        now: Timestamp,
    ) -> Option<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| now < one.at.plus(LIFT_WAITS));
        let mut same = all.iter();
        let same = same.position(|one| one.person == person && one.until == until && one.by != by);
        all.remove(same?).map(|one| one.by)
    }

    /// From now on another operator may order the same.
    pub(crate) fn wait(&self, person: Vec<Subject>, until: Timestamp, by: String, at: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| (&one.person, one.until, &one.by) != (&person, until, &by));
        if all.len() >= MAX_LIFTS {
            all.pop_front();
        }
        all.push_back(Lift {
            person,
            until,
            by,
            at,
        });
    }
}
