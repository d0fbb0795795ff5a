//! The whole system: the binary that is shipped, with the project's own policies and plugins.

mod assistance;
mod bench;
mod book;
mod commands;
mod crash;
mod demo;
mod disclosure;
mod feed;
mod full_disk;
mod leaks;
mod looking_back;
mod missing;
mod process;
mod pseudonyms;
mod replay;
mod report;
mod residency;
mod review;
mod rollout;
mod root;
mod samples;
mod sweep;
mod tampering;
mod transfer;
mod vault;
mod words;
