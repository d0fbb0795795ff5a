//! weft-intake.
