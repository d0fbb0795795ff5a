//! weft-vault.
