//! How a call ended that did not return: by the type of the error, never by its text.

use wasmtime::{FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use weft_verdict::{Failure, FailureKind};

use crate::guest::Refusal;
use crate::text::clean;
use crate::{Budget, limits};

/// The failure behind an error of a call into the guest.
pub(crate) fn failure(error: &wasmtime::Error, budget: &Budget) -> Failure {
    let (kind, detail) = classify(error, budget);
    Failure {
        kind,
        detail,
        frames: frames(error),
    }
}

fn classify(error: &wasmtime::Error, budget: &Budget) -> (FailureKind, String) {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return refused(*refusal);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        if *trap == Trap::MemoryOutOfBounds {
            return out_of_bounds(recurses(error));
        }
        return trapped(*trap, budget);
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return (
            FailureKind::Saturated,
            "the pool of instances is used up; fewer evaluations may be under way at once, or the \
             plugin has more modules than the pool reckons with"
                .into(),
        );
    }
    (
        FailureKind::BadOutput,
        format!(
            "the host could not read what the plugin handed over: {}; one call may hand over at most \
             {} bytes in all",
            clean(&error.root_cause().to_string(), limits::MAX_DETAIL_CHARS),
            limits::MAX_HOSTCALL_BYTES
        ),
    )
}

fn refused(refusal: Refusal) -> (FailureKind, String) {
    match refusal {
        Refusal::Memory { .. } | Refusal::Table { .. } => (
            FailureKind::MemoryLimit,
            format!(
                "the plugin was stopped: {refusal}; raise the policy's memory budget, or make the plugin \
                 keep less"
            ),
        ),
        Refusal::ImportCalled => (
            FailureKind::Trap,
            format!("the plugin was stopped: {refusal}; do without logging there"),
        ),
    }
}

fn trapped(trap: Trap, budget: &Budget) -> (FailureKind, String) {
    match trap {
        Trap::OutOfFuel => (
            FailureKind::OutOfFuel,
            format!(
                "the plugin used up its {} units of fuel; raise the policy's fuel budget, or make the \
                 plugin do less",
                budget.fuel
            ),
        ),
        Trap::Interrupt => (
            FailureKind::Deadline,
            format!(
                "the plugin did not answer within {} ms; raise the policy's time budget, or make the \
                 plugin do less",
                budget.time_ms
            ),
        ),
        Trap::StackOverflow => (
            FailureKind::StackOverflow,
            format!(
                "the plugin recursed deeper than its stack of {} bytes; use a loop, or bound the \
                 recursion",
                limits::MAX_STACK_BYTES
            ),
        ),
        Trap::StringOutOfBounds | Trap::ListOutOfBounds | Trap::InvalidChar => (
            FailureKind::BadOutput,
            format!("the host could not read what the plugin handed over: {trap}"),
        ),
        _ => (
            FailureKind::Trap,
            format!(
                "the plugin stopped by itself: {trap}; its frames and log lines say where and why"
            ),
        ),
    }
}

/// A stack in the plugin's own memory lies at its bottom, so what overflows it is an access below the memory.
fn out_of_bounds(recurses: bool) -> (FailureKind, String) {
    const REMEDY: &str = "use a loop, bound the recursion, or keep large arrays in a `Vec` or `Box`; the \
                          SDK's build gives a plugin 64 KiB of stack";
    if recurses {
        return (
            FailureKind::StackOverflow,
            format!(
                "the plugin used memory that it does not have, deep in a recursion: probably a stack \
                 overflow; {REMEDY}"
            ),
        );
    }
    (
        FailureKind::Trap,
        format!(
            "the plugin used memory that it does not have, as when its stack overflows, or by `unsafe` code; \
             its frames say where. If it is the stack: {REMEDY}"
        ),
    )
}

/// Whether one function is on the stack again and again.
fn recurses(error: &wasmtime::Error) -> bool {
    const AGAIN: usize = 4;
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return false;
    };
    let functions: Vec<u32> = backtrace
        .frames()
        .iter()
        .map(FrameInfo::func_index)
        .collect();
    functions
        .iter()
        .any(|one| functions.iter().filter(|other| *other == one).count() >= AGAIN)
}

/// Innermost first; `function (file:line)` where the plugin has debug information.
fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    backtrace
        .frames()
        .iter()
        .flat_map(frame)
        .take(limits::MAX_FRAMES)
        .map(|frame| clean(&frame, limits::MAX_FRAME_CHARS))
        .collect()
}

/// A name as the author wrote it, without hashes; of another language than Rust as it is.
fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// One frame, or several where functions were inlined.
fn frame(frame: &FrameInfo) -> Vec<String> {
    let function = || match frame.func_name() {
        Some(name) => demangled(name),
        None => format!("function {}", frame.func_index()),
    };
    if frame.symbols().is_empty() {
        return vec![function()];
    }
    frame
        .symbols()
        .iter()
        .map(|symbol| {
            let name = symbol.name().map_or_else(function, demangled);
            match (symbol.file(), symbol.line()) {
                (Some(file), Some(line)) => format!("{name} ({file}:{line})"),
                (Some(file), None) => format!("{name} ({file})"),
                _ => name,
            }
        })
        .collect()
}
