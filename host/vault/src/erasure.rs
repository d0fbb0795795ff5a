//! What operators order: erasure, legal holds, a new epoch.
//!
//! An erasure destroys keys and nothing else. The subject's row in the key journal says that its key counts no more,
//! at once; the key itself is destroyed with the epoch ([`Vault::rotate`]).

use std::collections::BTreeSet;

use weft_dictionary::Timestamp;

use crate::entry::{Entry, Hold};
use crate::error::VaultError;
use crate::subject::{Subject, body_of};
use crate::vault::Vault;

/// How a vault stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The epoch of the keys that count.
    pub epoch: u32,
    /// Values that are kept, once for each subject who brought them: as many as an export writes.
    pub values: u64,
    /// Subjects with a key.
    pub subjects: u64,
    /// Subjects that were erased.
    pub erased: u64,
    /// Subjects that may not be erased now.
    pub held: u64,
    /// How many subjects are carried over into the next epoch by now, and how many have to be.
    pub carried: Option<(u64, u64)>,
}

impl Vault {
    /// How it stands.
    pub fn status(&self, now: Timestamp) -> Status {
        let counts = self.keys.subjects().counts(now);
        Status {
            epoch: self.keys.epoch(),
            values: self.index.kept(),
            subjects: counts.living,
            erased: counts.erased,
            held: counts.held,
            carried: self.keys.progress(),
        }
    }

    /// The subjects that are one person with this one: the identifiers that were shown with it and with nobody
    /// else's. They are erased and held together.
    pub fn person(&self, subject: Subject) -> Result<Vec<Subject>, VaultError> {
        let subjects = self.keys.subjects();
        if subject == Subject::NOBODY || subjects.is_known(subject) != Some(true) {
            return Err(VaultError::UnknownSubject);
        }
        subjects.family(subject)
    }

    /// Whether a subject was erased.
    pub fn is_erased(&self, subject: Subject) -> bool {
        self.keys.subjects().is_known(subject) == Some(false)
    }

    /// All identifiers of all persons to whom any of these belongs, and these: what is counted of one person is counted
    /// by each of them, whichever is shown.
    pub fn persons(&self, subjects: &[Subject]) -> Vec<Subject> {
        let family = |subject: Subject| match self.person(subject) {
            Ok(family) => family,
            Err(VaultError::SharedBySeveral { subjects }) => {
                let families = subjects.iter().map(|root| self.person(*root));
                families.flatten().flatten().collect()
            }
            Err(_) => Vec::new(),
        };
        let all = subjects.iter().flat_map(|subject| family(*subject));
        let all: BTreeSet<Subject> = all.chain(subjects.iter().copied()).collect();
        all.into_iter().collect()
    }

    /// Until when a person may not be erased, if so.
    pub fn held(&self, person: &[Subject], now: Timestamp) -> Option<Timestamp> {
        let held = person
            .iter()
            .filter_map(|s| self.keys.subjects().held(*s, now));
        held.max()
    }

    /// Erases subjects: from now on nothing that was sealed for them opens, here or in any copy of the files that is
    /// made from now on. Durable on return. Who is erased already stays so. The bodies of the tokens that lead to nobody any
    /// more ([`Token::body`](weft_dictionary::Token::body)).
    pub fn erase(&self, person: &[Subject]) -> Result<Vec<String>, VaultError> {
        let erasable = person.iter().filter(|subject| {
            **subject != Subject::NOBODY && self.keys.subjects().is_known(**subject) != Some(false)
        });
        let entries: Vec<Entry<'_>> = erasable.map(|subject| Entry::Erased(*subject)).collect();
        self.keys.write(&entries)?;
        let mut gone = Vec::new();
        for entry in entries {
            if let Entry::Erased(subject) = entry {
                gone.extend(self.forget(subject));
            }
        }
        Ok(gone.iter().map(body_of).collect())
    }

    /// Holds subjects: they may not be erased before a date. A later order counts instead of an earlier one; one that is
    /// known changes nothing. Durable on return.
    pub fn hold(&self, person: &[Subject], hold: Hold) -> Result<(), VaultError> {
        let news = person
            .iter()
            .filter(|subject| self.keys.subjects().takes(**subject, hold));
        let entries: Vec<Entry<'_>> = news.map(|s| Entry::Hold(*s, hold)).collect();
        self.keys.write(&entries)?;
        for subject in person {
            // Who was erased meanwhile needs no hold.
            let _ = self.keys.subjects().hold(*subject, hold);
        }
        Ok(())
    }

    /// Begins a new epoch: every living subject's key is wrapped anew, and the keys of the epoch before are
    /// destroyed, with them the keys of all who were erased until now. Takes as long as there are subjects; the vault
    /// works meanwhile. The new epoch, when it counts.
    pub fn rotate(&self) -> Result<u32, VaultError> {
        self.keys.rotate()
    }

    /// A new epoch that is begun is not finished: [`Vault::rotate`] returns [`VaultError::Stopped`]. The vault does not
    /// rotate any more before it is opened again.
    pub fn stop_rotation(&self) {
        self.keys.stop_rotation();
    }
}
