//! The dictionary as the tree of a JSON request: `payment.amount` is below `payment`.

use std::collections::HashMap;

use weft_dictionary::{Dictionary, FieldId};

/// An object of a request.
#[derive(Default)]
pub(crate) struct Section {
    /// Its place in the body, a JSON pointer.
    pub(crate) pointer: String,
    members: HashMap<Box<str>, Member>,
}

/// What is below a name in an object.
pub(crate) enum Member {
    /// Another object.
    Section(Section),
    /// A field.
    Field(FieldId),
}

impl Section {
    /// The tree of all fields, also of those that a caller must not say.
    pub(crate) fn of(dictionary: &Dictionary) -> Section {
        let mut root = Section::default();
        for field in dictionary.fields() {
            root.insert(&field.name, field.id);
        }
        root
    }

    /// What is below a name.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.get(name)
    }

    fn insert(&mut self, path: &str, id: FieldId) {
        let Some((section, rest)) = path.split_once('.') else {
            self.members.insert(path.into(), Member::Field(id));
            return;
        };
        let pointer = format!("{}/{section}", self.pointer);
        let below = self.members.entry(section.into()).or_insert_with(|| {
            Member::Section(Section {
                pointer,
                members: HashMap::new(),
            })
        });
        // A field that is also a section keeps to itself: what is below it cannot be said.
        if let Member::Section(below) = below {
            below.insert(rest, id);
        }
    }
}
