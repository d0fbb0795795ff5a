//! The bounds of a dictionary and of its values.

/// Fields in one dictionary. A row has a slot for each.
pub const MAX_FIELDS: usize = 1_024;
/// Characters in a text value, unless the field says less.
pub const MAX_TEXT_CHARS: usize = 1_024;
/// Characters of a secret, which is looked at once and kept nowhere, unless the field says less.
pub const MAX_SECRET_CHARS: usize = 4_096;
/// Entries in a list of texts.
pub const MAX_TEXTS: usize = 64;
/// Characters in a field's name.
pub const MAX_NAME_CHARS: usize = 64;
