//! Tokens in place of sensitive values, and the keys of the house.
//!
//! A value goes in once, while its request is parsed, and a [`Token`](weft_dictionary::Token) comes
//! out: random, the same for the same value within a region and tenant, useless elsewhere. The value
//! itself lies sealed in a journal of rows.
//!
//! | module | what is there |
//! |---|---|
//! | [`secret`] | a sensitive text that nothing can print, copy or serialise |
//! | [`vault`] | values to tokens and back, what is sealed for a subject |
//! | [`subject`] | whose a value is: the sides of a payment, and who is known by what |
//! | [`erasure`] | erasure, legal holds, new epochs |
//! | [`Opener`] | reading back what was sealed, without the values; pseudonyms for plugins |
//! | [`keys`] | the root key and what is derived from it |
//! | [`label`] | the one list of all derived keys |
//! | [`key_file`] | the file that holds the root |
//! | [`root`], [`pkcs11`], `sealed_file` | where the root is, and how it moves: a root that a PKCS#11 token seals, its file |
//! | [`error`] | why the vault refuses |
//! | [`limits`] | every bound |
//! | `epoch`, `ring` | region key, tenant key, subject keys; the file that holds the first two |
//! | `key_store`, `entry`, `subjects`, `wrapped`, `family` | the journal of subject keys, how it is carried into a new epoch; in memory; which identifiers are one person |
//! | [`transfer`] | values that go to another host with their tokens, or come from one |
//! | `load` | what the files say, into memory |
//! | `seal`, `row`, `store`, `index` | XChaCha20-Poly1305 with a key commitment; rows as bytes, authenticated; their journal; the index in memory |
//!
//! On the disk:
//!
//! ```text
//! ring              region and tenant key of the epoch that counts
//! keys-<epoch>/     subject keys, what links subjects, who is erased, who is held
//! values/           values, each sealed for a subject
//! ```
//!
//! What follows for the rest of the house: nothing outside this crate and the parsing in `intake`
//! holds a sensitive value in clear, and who holds one holds a [`Secret`]. A vault opens for one
//! region, one tenant and one root key only, and everything sealed is bound to all three and to its subject, so that
//! what was sealed in one region opens in no other.

mod binding;
mod bytes;
mod cover;
mod entry;
mod epoch;
pub mod erasure;
pub mod error;
mod family;
mod index;
pub mod key_file;
mod key_store;
pub mod keys;
pub mod label;
pub mod limits;
mod load;
mod opener;
pub mod pkcs11;
mod ring;
pub mod root;
mod row;
mod seal;
mod sealed_file;
pub mod secret;
mod store;
pub mod subject;
mod subjects;
pub mod transfer;
pub mod vault;
mod wrapped;

pub use entry::Hold;
pub use erasure::Status;
pub use error::VaultError;
pub use key_file::KeyFileError;
pub use keys::{Key, Keys};
pub use label::Label;
pub use opener::Opener;
pub use pkcs11::{Pin, TokenKey};
pub use root::{RootPlace, RootTarget, move_root};
pub use secret::Secret;
pub use subject::{IDENTIFIERS, Side, Subject};
pub use transfer::{Moved, Progress, Recipient, TransferError};
pub use vault::{NewRow, Vault};
