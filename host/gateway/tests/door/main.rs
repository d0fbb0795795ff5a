//! The gateway at its door: a real listener, a real engine, callers that speak HTTP.

mod access;
mod deciding;
mod hostile;
mod house;
mod limits;
mod log;
mod observing;
mod operating;
mod stopping;
mod traffic;
mod verifying;
mod wire;
