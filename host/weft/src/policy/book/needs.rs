//! What policies rest on: facts, who says them, and those that nobody says yet.

use std::collections::BTreeSet;

use weft_dictionary::{Field, FieldId, Origin};
use weft_policy::{Body, Policy};

use super::Book;

/// A fact that policies need and the host does not say yet.
pub(super) struct Unsaid<'a> {
    pub(super) field: &'a Field,
    pub(super) policies: Vec<&'a Policy>,
}

impl<'a> Book<'a> {
    /// The facts that a policy reads, in the dictionary's order.
    pub(super) fn reads(&self, policy: &Policy) -> Vec<&'a Field> {
        let conditions = policy.conditions().iter().flat_map(|c| c.fields());
        let ids: BTreeSet<FieldId> = match policy.body() {
            Body::Rules(rules) => {
                let rules = rules.iter().flat_map(|rule| rule.fields());
                conditions.chain(rules).collect()
            }
            Body::Plugin(plugin) => {
                let granted = plugin.grants.iter().map(|grant| grant.field);
                conditions.chain(granted).collect()
            }
        };
        ids.into_iter()
            .map(|id| self.dictionary.field(id))
            .collect()
    }

    /// The facts that policies of any status need and the host does not say yet.
    pub(super) fn unsaid(&self) -> Vec<Unsaid<'a>> {
        let fields = self.dictionary.fields().filter(|field| is_unsaid(field));
        let needed = fields.map(|field| Unsaid {
            policies: self.readers_of(field),
            field,
        });
        needed
            .filter(|unsaid| !unsaid.policies.is_empty())
            .collect()
    }

    /// The policies, of any status, that read a fact.
    pub(super) fn readers_of(&self, field: &Field) -> Vec<&'a Policy> {
        let policies = self.set.policies().iter().map(AsRef::as_ref);
        let reads = |policy: &&Policy| self.reads(policy).iter().any(|f| f.id == field.id);
        policies.filter(reads).collect()
    }
}

/// Whether a fact has a place, and nobody who fills it.
pub(super) fn is_unsaid(field: &Field) -> bool {
    field.origin == Origin::Host && !weft_dictionary::said::host_says(&field.name)
}
