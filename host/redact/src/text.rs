//! What stands around a place in a text.

/// Whether a letter or digit ends right before the place.
pub(crate) fn alphanumeric_before(text: &str, at: usize) -> bool {
    text[..at]
        .chars()
        .next_back()
        .is_some_and(char::is_alphanumeric)
}

/// Whether a letter or digit begins at the place.
pub(crate) fn alphanumeric_at(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(char::is_alphanumeric)
}

/// Whether a letter ends right before the place.
pub(crate) fn letter_before(text: &str, at: usize) -> bool {
    (text[..at].chars().next_back()).is_some_and(char::is_alphabetic)
}

/// Whether a letter begins at the place.
pub(crate) fn letter_at(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(char::is_alphabetic)
}
