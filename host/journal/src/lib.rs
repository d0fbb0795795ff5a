//! weft-journal.
