//! Whole-system tests: the real binary, real files, real plugins, real connections on loopback.
//!
//! | module | what is there |
//! |---|---|
//! | [`authenticator`] | a customer's device with passkeys on it |
//! | [`binary`] | the `weft` binary and where the project's files are |
//! | [`files`] | directories as they are |
//! | [`host`] | `weft serve` as a process, with callers of every role; what it is asked, what is in its memory |
//! | [`guest`] | plugins of any kind, hostile ones too |
//! | [`traffic`] | payments and requests to send |
//! | [`damage`] | files that are not as they were written |
//! | [`search`] | values that must not be found, in every form in which they could be |
//! | [`canaries`] | thousands of such values, of people who do not exist |
//! | [`valid`] | messages of ISO 20022, held to their schemas by programs that are not ours |
//! | [`wait`] | for what happens by itself |
//! | [`witness`] | one who cosigns the checkpoints of audit logs |
//!
//! The tests themselves are in `tests/system`. `make test` builds the binary and the plugins first.

pub mod authenticator;
pub mod binary;
pub mod canaries;
pub mod damage;
pub mod files;
pub mod guest;
pub mod host;
pub mod search;
pub mod traffic;
pub mod valid;
pub mod wait;
pub mod witness;

pub use authenticator::{Authenticator, Counter};
pub use binary::{project, weft};
pub use host::{Answer, Host};
pub use witness::Witness;
