//! A threshold of a policy, as expressions and messages use it.

use weft_dictionary::FieldId;

use super::node::Constant;

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
