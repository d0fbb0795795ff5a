//! What the host keeps for one instance: its bounds, and its log lines.
//!
//! An instance lives for one call. Its store has a budget of fuel, a deadline, a bound on memory and
//! on what the host allocates on its behalf; all of it goes away with the store.

use serde::{Deserialize, Serialize};
use wasmtime::{Engine, ResourceLimiter, Store};
use weft_verdict::limits::MAX_REASONS;

use crate::text::{clean, cover_across};
use crate::{Budget, limits, ticker};

/// Whether a guest may log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imports {
    /// As usual.
    Log,
    /// Every import traps.
    None,
}

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// For the operator.
    Info,
    /// Worth a look.
    Warn,
    /// The plugin could not do its work.
    Error,
}

/// One line that a guest wrote, without control characters, bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How important.
    pub level: LogLevel,
    /// The message, and its fields as `name=value`.
    pub text: String,
}

impl LogLine {
    /// Where the plugin panicked, if this is the line of a panic: file, line and column in its source.
    /// That much may be shown where the text, which can quote facts, may not.
    pub fn panicked_at(&self) -> Option<&str> {
        let place = self.text.strip_prefix(PANICKED)?.split(": ").next()?;
        let (rest, column) = place.rsplit_once(':')?;
        let (file, line) = rest.rsplit_once(':')?;
        let is_number = |text: &str| {
            (1..=MAX_PLACE_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        let is_file = file.ends_with(".rs")
            && file.len() <= limits::MAX_FRAME_CHARS
            && file
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
        (is_file && is_number(line) && is_number(column)).then_some(place)
    }
}

/// How the line of the SDK's panic hook begins.
const PANICKED: &str = "panicked at ";
/// Digits of a line or column.
const MAX_PLACE_DIGITS: usize = 6;

/// Why the host stops a guest: found again by type in the error that ends the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it asked for {wanted} bytes of memory, its limit is {limit}")]
    Memory { wanted: u64, limit: u64 },
    #[error("it asked for {wanted} elements of tables, the limit is {limit}")]
    Table { wanted: usize, limit: usize },
    #[error("it called an import where none may be called")]
    ImportCalled,
}

/// The host's side of one instance.
pub(crate) struct Guest {
    limiter: Limiter,
    imports: Imports,
    pub(crate) lines: Vec<LogLine>,
    pub(crate) dropped_lines: u32,
    /// Points of reasons, as the guest said them.
    pub(crate) points: Vec<(String, i64)>,
}

impl Guest {
    /// A store for one call, with all its bounds.
    pub(crate) fn store(
        engine: &Engine,
        budget: &Budget,
        imports: Imports,
    ) -> wasmtime::Result<Store<Guest>> {
        let guest = Guest {
            limiter: Limiter {
                memory_bytes: 0,
                memory_limit: budget.memory_bytes,
                table_elements: 0,
            },
            imports,
            lines: Vec::new(),
            dropped_lines: 0,
            points: Vec::new(),
        };
        let mut store = Store::try_new(engine, guest)?;
        store.limiter(|guest| &mut guest.limiter);
        store.set_fuel(budget.fuel)?;
        store.set_epoch_deadline(ticker::ticks(budget.time_ms));
        store.set_hostcall_fuel(limits::MAX_HOSTCALL_BYTES);
        Ok(store)
    }

    /// Bytes of all its memories together.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.limiter.memory_bytes
    }

    /// Takes points of reasons; no more than a finding has reasons.
    pub(crate) fn points<'a>(&mut self, said: impl Iterator<Item = (&'a str, i64)>) {
        let room = MAX_REASONS.saturating_sub(self.points.len());
        let said = said
            .take(room)
            .map(|(code, points)| (code.to_owned(), points));
        self.points.extend(said);
    }

    /// Keeps a line, or counts it where there are too many.
    pub(crate) fn log<'a>(
        &mut self,
        level: LogLevel,
        message: &str,
        fields: impl Iterator<Item = (&'a str, String)>,
    ) -> Result<(), Refusal> {
        if self.imports == Imports::None {
            return Err(Refusal::ImportCalled);
        }
        if self.lines.len() >= limits::MAX_LOG_LINES {
            self.dropped_lines = self.dropped_lines.saturating_add(1);
            return Ok(());
        }
        let mut line = message.to_owned();
        for (name, value) in fields {
            if line.len() > limits::MAX_LOG_LINE_BYTES {
                break;
            }
            line.push_str(&format!(" {name}={value}"));
        }
        let mut text = clean(&line, limits::MAX_LOG_LINE_BYTES);
        if let Some(last) = self.lines.last_mut() {
            cover_across(&mut last.text, &mut text);
        }
        self.lines.push(LogLine { level, text });
        Ok(())
    }
}

/// Counts memory and tables of all modules of an instance together, and stops the guest that asks
/// for more: a refused allocation would look like a fault of the guest's own.
struct Limiter {
    memory_bytes: u64,
    memory_limit: u64,
    table_elements: usize,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self
            .memory_bytes
            .saturating_add(desired.saturating_sub(current) as u64);
        if wanted > self.memory_limit {
            return Err(Refusal::Memory {
                wanted,
                limit: self.memory_limit,
            }
            .into());
        }
        self.memory_bytes = wanted;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        if wanted > limits::MAX_TABLE_ELEMENTS {
            return Err(Refusal::Table {
                wanted,
                limit: limits::MAX_TABLE_ELEMENTS,
            }
            .into());
        }
        self.table_elements = wanted;
        Ok(true)
    }

    fn instances(&self) -> usize {
        limits::MAX_MODULES as usize
    }

    fn tables(&self) -> usize {
        limits::TABLES_PER_INSTANCE as usize
    }

    fn memories(&self) -> usize {
        limits::MEMORIES_PER_INSTANCE as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_panic_only_the_place_is_taken() {
        let place = |text: &str| {
            let line = LogLine {
                level: LogLevel::Error,
                text: text.into(),
            };
            line.panicked_at().map(str::to_owned)
        };
        assert_eq!(
            place("panicked at src/lib.rs:38:5: the payer is Eve").as_deref(),
            Some("src/lib.rs:38:5")
        );
        for other in [
            "the payer is Eve",
            "panicked at the payer is Eve",
            "panicked at Eve:1:2: x",
            "panicked at src/lib.rs:38:4111111: x",
            "panicked at Eve Smith.rs:1:1: x",
        ] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
