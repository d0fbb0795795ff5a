//! HTTP: who asks, how much, how often.

pub mod callers;
pub mod gateway;
pub mod limits;

pub use callers::{CallerEntry, Callers, CallersError};
pub use gateway::{Gateway, GatewayConfig, GatewayError};
pub use limits::{LimitError, Limits};
