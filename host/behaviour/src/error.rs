//! Why a dictionary's features cannot be computed.

use weft_dictionary::DurationMs;

use crate::limits;

/// A feature of the dictionary that this host cannot compute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BehaviourError {
    /// A measure is made of a fact that the dictionary lacks.
    #[error(
        "the feature `{feature}` is made of `{needs}`, which the dictionary lacks: add a field of \
         that name and of kind {kind}, or remove the feature"
    )]
    MissingFact {
        /// The feature's name.
        feature: String,
        /// The name of the field that it needs.
        needs: &'static str,
        /// The kind that the field has to have.
        kind: &'static str,
    },
    /// A feature is of a field that the dictionary lacks.
    #[error("the feature `{feature}` is of `{of}`, which the dictionary lacks")]
    UnknownKey {
        /// The feature's name.
        feature: String,
        /// The missing field.
        of: String,
    },
    /// A feature is of a field whose values cannot be a key.
    #[error(
        "the feature `{feature}` is of `{of}`, which is {kind}: only texts, countries, integers and \
         what became a token can be a key"
    )]
    KeyKind {
        /// The feature's name.
        feature: String,
        /// The key field.
        of: String,
        /// Its kind.
        kind: &'static str,
    },
    /// A window that is too long, or too short to hold anything.
    #[error(
        "the window of the feature `{feature}` is {window}: write 1ms to {}",
        DurationMs(limits::MAX_WINDOW_MS)
    )]
    Window {
        /// The feature's name.
        feature: String,
        /// Its window.
        window: DurationMs,
    },
}
