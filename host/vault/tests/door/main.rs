//! The vault at its door: real files, real keys.

mod epochs;
mod house;
mod subjects;
mod swaps;
mod tampering;
mod transfer;
mod vault;
