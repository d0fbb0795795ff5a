//! A threshold of a policy, as expressions and messages use it.

use weft_dictionary::{FieldId, Row, Value};

use super::eval::{Constant, Gap};

/// How high the level of threat can be said to be.
pub(crate) const MAX_THREAT: usize = 3;
/// The field that says it.
pub(crate) const THREAT_LEVEL: &str = "processing.threat_level";

/// A threshold and its value at each level of threat.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) name: Box<str>,
    pub(crate) values: [Constant; MAX_THREAT + 1],
    /// The field with the level; none if the value is the same at all levels.
    pub(crate) level: Option<FieldId>,
}

impl Threshold {
    /// The value for a row: that of the level that the row says.
    pub(crate) fn value(&self, row: &Row) -> Result<&Constant, Gap> {
        let Some(field) = self.level else {
            return Ok(&self.values[0]);
        };
        match row.get(field) {
            None => Err(Gap::Missing(vec![field])),
            Some(Value::Integer(level)) => usize::try_from(*level)
                .ok()
                .and_then(|level| self.values.get(level))
                .ok_or(Gap::Failed("the level of threat is not 0 to 3")),
            Some(_) => Err(Gap::Failed("the level of threat is not a number")),
        }
    }
}
