//! weft-behaviour.
