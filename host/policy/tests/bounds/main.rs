//! What evaluating may cost, and that it costs no more.

#![allow(unsafe_code)] // Counting what is allocated takes an allocator, and that trait is unsafe.

mod allocations;
#[path = "../fixture/mod.rs"]
mod fixture;
mod hostile;
mod index;
