//! Where plugins run: WebAssembly components, verified, compiled, cached, and run under limits.
//!
//! A plugin is a stranger's code next to other people's payments. It gets a row of values and gives a
//! finding; it has no clock, no randomness, no files, no network, no memory of the last request. So
//! [`Bound::evaluate`] is a function of its arguments: the same input gives the same finding and takes
//! the same fuel, on every machine.
//!
//! | module | what is there |
//! |---|---|
//! | [`limits`] | every bound, with its unit |
//! | [`verify`] | what is checked before a byte is compiled |
//! | [`manifest`] | what a plugin declares about itself |
//! | `cache` | compiled plugins on disk, authenticated |
//! | `engine`, `ticker` | the one engine, its pool, its clock of deadlines |
//! | `abi` | the plugin interface; the only module that knows the generated types |
//! | `guest` | one instance's bounds and log lines |
//! | `admission` | how many evaluations are under way at once |
//! | `settings` | a policy's settings against the manifest |
//! | `output` | a plugin's answer, judged |
//! | `trap` | how a call ended that did not return |
//! | [`fit`] | whether a plugin fits the host's dictionary and operations |
//! | [`codes`] | the pages of what goes wrong |
//!
//! What always holds, and is tested with hostile components (`tests/`):
//!
//! - Each evaluation runs in a fresh instance, which is gone afterwards.
//! - Fuel, wall time, memory, stack, what is handed over, and log lines are bounded.
//! - What a plugin says and its manifest does not declare is a failure, not a finding.
//! - A plugin that fails harms neither the evaluations beside it nor the next one of its own.

mod abi;
mod admission;
mod cache;
pub mod codes;
mod config;
mod engine;
mod error;
pub mod fit;
mod guest;
pub mod limits;
pub mod manifest;
mod output;
mod plugin;
mod sandbox;
mod settings;
mod text;
mod ticker;
mod trap;
mod value;
pub mod verify;

pub use config::{Budget, CacheConfig, SandboxConfig};
pub use engine::Allocation;
pub use error::{LoadError, SandboxError};
pub use guest::{LogLevel, LogLine};
pub use manifest::{Manifest, Need, ValueKind};
pub use plugin::{Bound, Evaluation, Plugin};
pub use sandbox::Sandbox;
pub use settings::{GivenBy, SettingInForce, SettingProblem};
pub use value::{Context, NeedValue};
