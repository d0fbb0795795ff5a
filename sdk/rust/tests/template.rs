//! The template of `weft plugin new`: its own tests, as a newcomer runs them.

#[path = "../../template/src/lib.rs"]
mod template;
