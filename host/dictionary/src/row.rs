//! The facts of one request, dense, by field id.

use crate::{Class, Dictionary, FieldId, Kind, Value};

/// One field's place in a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Slot {
    /// Not in this request.
    #[default]
    Absent,
    /// In this request, but not for this reader. The code says why.
    Withheld(&'static str),
    /// The value.
    Present(Value),
}

/// Why a row does not take a value: always a fault of the host's own code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The value is of another kind than the field.
    #[error("a value of another kind than the field's ({})", .0.as_str())]
    OtherKind(Kind),
    /// A value in clear for a field that takes only tokens.
    #[error("a value in clear for a field of class {}", .0.as_str())]
    InClear(Class),
    /// A token for a field that holds values.
    #[error("a token for a field of class {}", .0.as_str())]
    NeedlessToken(Class),
}

/// The facts of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    slots: Vec<Slot>,
}

impl Row {
    /// A row in which every field is absent.
    pub fn new(dictionary: &Dictionary) -> Row {
        Row {
            slots: vec![Slot::Absent; dictionary.len()],
        }
    }

    /// Sets a fact. Refuses what must never be in a row.
    pub fn set(
        &mut self,
        dictionary: &Dictionary,
        id: FieldId,
        value: Value,
    ) -> Result<(), RowError> {
        let field = dictionary.field(id);
        if !value.is_of(field.kind) {
            return Err(RowError::OtherKind(field.kind));
        }
        match (&value, field.class) {
            (_, Class::Secret) => return Err(RowError::InClear(Class::Secret)),
            (Value::Token(_), class) if !class.is_tokenised() => {
                return Err(RowError::NeedlessToken(class));
            }
            (Value::Token(_), _) => {}
            (_, class) if class.is_tokenised() => return Err(RowError::InClear(class)),
            _ => {}
        }
        self.slots[id.index()] = Slot::Present(value);
        Ok(())
    }

    /// Takes a fact away from later readers and says why.
    pub fn withhold(&mut self, id: FieldId, code: &'static str) {
        if matches!(self.slots[id.index()], Slot::Present(_)) {
            self.slots[id.index()] = Slot::Withheld(code);
        }
    }

    /// Forgets a fact.
    pub fn clear(&mut self, id: FieldId) {
        self.slots[id.index()] = Slot::Absent;
    }

    /// The field's place.
    pub fn slot(&self, id: FieldId) -> &Slot {
        &self.slots[id.index()]
    }

    /// The value, if it is there and not withheld.
    pub fn get(&self, id: FieldId) -> Option<&Value> {
        match &self.slots[id.index()] {
            Slot::Present(value) => Some(value),
            Slot::Absent | Slot::Withheld(_) => None,
        }
    }

    /// All facts that are there, in field order.
    pub fn facts(&self) -> impl Iterator<Item = (FieldId, &Value)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(index, slot)| match slot {
                Slot::Present(value) => Some((FieldId::from_index(index), value)),
                Slot::Absent | Slot::Withheld(_) => None,
            })
    }
}
