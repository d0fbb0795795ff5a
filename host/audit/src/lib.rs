//! weft-audit.
