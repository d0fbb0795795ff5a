//! Policy sets: read from directories, kept by their digest, put in force.
//!
//! | module | what is there |
//! |---|---|
//! | [`LoadedSet`] | a set and the bytes that it was made of, read once |
//! | [`Archive`] | every set that decided, in the data directory, by digest |
//! | `in_force`, `change` | the set that decides, and how another takes its place |
//! | `back` | sets that decided before, to look back with |
//! | `history` | which set was in force since when, from the log |
//! | `components`, `contents` | a set's plugins; what its digest is of |
//!
//! `DATA/policy-sets/DIGEST/` has a set as it was: `policies/` with every file, `set.json` with the digest of each;
//! `DATA/policy-sets/plugins/` has the components, each once. A set takes as much room as its files (the project's own:
//! 400 KiB), and each version of a plugin as much as its component (200 KiB). Records refer to sets, so nothing is
//! ever removed.

mod archive;
mod at_start;
mod back;
mod change;
mod components;
mod contents;
mod described;
mod history;
mod in_force;
mod loaded;
mod refused;
mod view;

pub use archive::{Archive, ArchiveError, Archived};
pub use change::{Order, Ordered};
pub use described::{Act, DESCRIBED, PolicyBasis, described};
pub use history::{Cause, KnownChanges, SetChange, changes_in};
pub use loaded::{LoadedSet, Pinning};
pub use refused::PROBLEMS;
pub use view::{PoliciesView, PolicyView};

pub(crate) use archive::ARCHIVE_DIR;
pub(crate) use back::Past;
pub(crate) use components::{Components, Refused};
pub(crate) use contents::Contents;
pub(crate) use history::{HOST, STARTED, text};
pub(crate) use in_force::Sets;
