//! weft-sdk-macros.
