//! Which identifiers are one person.

use std::collections::BTreeSet;

use crate::error::VaultError;
use crate::limits::{MAX_ABOVE, MAX_FAMILY};
use crate::subject::Subject;
use crate::subjects::{State, Subjects};

/// What was shown with an identifier and is stronger.
struct Above {
    living: Vec<Subject>,
    /// Whether so many share it that not all are remembered: it is nobody's.
    is_shared: bool,
}

impl Subjects {
    /// The subjects that are one person with this one: the identifiers that were shown with it and with nobody else's.
    /// A weaker identifier stands for the person whose it is.
    pub(crate) fn family(&self, of: Subject) -> Result<Vec<Subject>, VaultError> {
        let roots = self.roots(of)?;
        let [root] = roots[..] else {
            return Err(VaultError::SharedBySeveral { subjects: roots });
        };
        let mut family = BTreeSet::from([root]);
        let mut look = vec![root];
        while let Some(one) = look.pop() {
            for below in self.below(one) {
                let above = self.above(below);
                // Theirs, when all that it was shown with is theirs.
                let theirs = !above.is_shared && above.living.iter().all(|a| family.contains(a));
                if theirs && family.insert(below) {
                    look.push(below);
                }
                if family.len() > MAX_FAMILY {
                    return Err(VaultError::FamilyTooLarge);
                }
            }
        }
        Ok(family.into_iter().collect())
    }

    /// The strongest identifiers over one; itself, if it was shown with none.
    fn roots(&self, of: Subject) -> Result<Vec<Subject>, VaultError> {
        let mut seen = BTreeSet::from([of]);
        let mut look = vec![of];
        let mut roots = Vec::new();
        while let Some(one) = look.pop() {
            let above = self.above(one);
            if above.living.is_empty() {
                roots.push(one);
            }
            look.extend(above.living.into_iter().filter(|a| seen.insert(*a)));
            if seen.len() > MAX_FAMILY {
                return Err(VaultError::FamilyTooLarge);
            }
        }
        Ok(roots)
    }

    /// What stands above one. Those that are erased count no more.
    fn above(&self, subject: Subject) -> Above {
        let above: Vec<Subject> = match self.all.of(&subject).get(&subject) {
            Some(State::Living(person)) => person.above.iter().map(|link| link.to).collect(),
            _ => Vec::new(),
        };
        let is_shared = above.len() >= MAX_ABOVE;
        let living = |subject: &Subject| self.is_known(*subject) == Some(true);
        Above {
            living: above.into_iter().filter(living).collect(),
            is_shared,
        }
    }

    fn below(&self, subject: Subject) -> Vec<Subject> {
        match self.all.of(&subject).get(&subject) {
            Some(State::Living(person)) => person.below.clone(),
            _ => Vec::new(),
        }
    }
}
