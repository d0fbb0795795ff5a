//! What is told of a panic: where, and in which thread. Not what it says.
//!
//! The text of a panic is made by whatever code panicked, and can quote what that code was working on: a
//! fact of a request, a value on its way to the vault. Logs are read by people who may see neither.

use std::io::Write;
use std::panic::{self, PanicHookInfo};

/// From now on panics of this process are told without their text.
#[allow(clippy::disallowed_methods, reason = "this is the place")]
pub fn tell_without_text() {
    panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let place = match panic.location() {
        Some(at) => format!("{}:{}:{}", at.file(), at.line(), at.column()),
        None => "an unknown place".to_owned(),
    };
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    if tracing::dispatcher::has_been_set() {
        tracing::error!(place, thread, "a part of this program panicked");
    } else {
        // There is nobody to tell that this could not be written.
        let _ = writeln!(
            std::io::stderr(),
            "a part of this program panicked at {place} in the thread {thread}"
        );
    }
}
