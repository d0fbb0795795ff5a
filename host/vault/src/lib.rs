//! Tokens in place of sensitive values, and the keys of the house.
//!
//! A value goes in once, while its request is parsed, and a [`Token`](weft_dictionary::Token) comes
//! out: random, the same for the same value within a region and tenant, useless elsewhere. The value
//! itself lies sealed in a journal of rows.
//!
//! | module | what is there |
//! |---|---|
//! | [`secret`] | a sensitive text that nothing can print, copy or serialise |
//! | [`vault`] | values to tokens and back, sealed blobs, pseudonyms for plugins |
//! | [`Opener`] | reading back what was sealed, without the values |
//! | [`keys`] | the root key and what is derived from it |
//! | [`label`] | the one list of all derived keys |
//! | [`key_file`] | the file that holds the root |
//! | [`error`] | why the vault refuses |
//! | [`limits`] | every bound |
//! | `seal`, `row`, `store`, `index` | XChaCha20-Poly1305 with a key commitment; rows as bytes, authenticated; their journal; the index in memory |
//!
//! What follows for the rest of the house: nothing outside this crate and the parsing in `intake`
//! holds a sensitive value in clear, and who holds one holds a [`Secret`]. A vault opens for one
//! region, one tenant and one root key only; the keys themselves are derived from all three, so that
//! what was sealed in one region opens in no other.

mod binding;
pub mod error;
mod index;
pub mod key_file;
pub mod keys;
pub mod label;
pub mod limits;
mod opener;
mod row;
mod seal;
pub mod secret;
mod store;
pub mod vault;

pub use error::VaultError;
pub use key_file::KeyFileError;
pub use keys::{Key, Keys};
pub use label::Label;
pub use opener::Opener;
pub use secret::Secret;
pub use vault::{NewRow, Tokenised, Vault};
