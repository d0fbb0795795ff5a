//! weft-sdk.
