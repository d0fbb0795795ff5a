//! Bytes to facts, and decisions back to bytes.
//!
//! This is the door of the house, and the only room that sees what a caller sent. What goes on from here
//! is a [`Row`](weft_dictionary::Row), in which a sensitive value is a token; what goes back is a reply in
//! the caller's own form, or a [`Problem`].
//!
//! | module | what is there |
//! |---|---|
//! | [`intake`] | the door itself |
//! | [`message`] | what a body becomes |
//! | [`problem`] | what a caller is told when there is no decision (RFC 9457) |
//! | [`iso`] | ISO 20022: payments and requests about them in, status reports and resolutions out |
//! | [`limits`] | every bound |
//! | `json`, `leaf`, `tree`, `shape` | a JSON request, walked along the dictionary's tree |
//! | [`dropped`] | what is not kept, by its place |
//! | `facts` | values into a row: checked, canonical, tokenised; the same for both forms |
//! | `free_text` | what customers write as they like, without what does not belong there |
//! | `canonical` | forms of texts: card numbers, accounts, mailboxes |
//! | `wrong` | why one value is not taken |
//!
//! What follows for the rest of the house:
//! - a field that the dictionary does not have, or that is not the caller's to say, is dropped, counted and
//!   named by its place, as far as the name is harmless;
//! - no problem quotes what the caller sent;
//! - what leads to a person or to money is covered in free text (names, notes, streets) before it is sealed;
//! - card numbers, IBANs, mailboxes and phone numbers in international form are in tokens, nowhere else; a name of
//!   a person in an identifier cannot be recognised;
//! - sensitive authentication data (PCI DSS 4.0.1, 3.3.1) ends here, except the answer to a challenge,
//!   which ends where it is compared.

mod canonical;
pub mod dropped;
mod facts;
mod free_text;
pub mod intake;
pub mod iso;
mod json;
mod leaf;
pub mod limits;
pub mod message;
pub mod problem;
mod shape;
mod tree;
mod wrong;

pub use dropped::{Dropped, DroppedAt, Why};
pub use free_text::is_free_text;
pub use intake::Intake;
pub use iso::TransactionStatus;
pub use message::{Envelope, MediaType, Message, OneTime, Request};
pub use problem::{Culprit, Problem, ProblemCode};
