//! weft-assist.
