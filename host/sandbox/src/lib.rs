//! weft-sandbox.
