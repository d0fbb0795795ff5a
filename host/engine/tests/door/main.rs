//! A real engine on a directory of its own, with the project's dictionary and policies made for the test.

mod archive;
mod assistance;
mod confirm;
mod data_dir;
mod discharge;
mod dropped;
mod emergency;
mod erasure;
mod explain;
mod familiar;
mod forget;
mod house;
mod idempotency;
mod identifiers;
mod payments;
mod pipeline;
mod plugins;
mod policies;
mod reasons;
mod release;
mod restart;
mod rollback;
mod rollout;
mod secrets;
mod told;
mod velocity;
mod views;
mod words;

#[path = "../../../sandbox/tests/guest/mod.rs"]
mod guest;
