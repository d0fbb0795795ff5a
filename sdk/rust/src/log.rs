//! Lines for the host's log. The host keeps 32 lines of 1 KiB per evaluation and redacts values.

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever debugs the plugin.
    Debug,
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warn,
    /// Something is broken.
    Error,
}

/// For whoever debugs the plugin.
pub fn debug(message: &str) {
    emit(Level::Debug, message);
}

/// Worth knowing.
pub fn info(message: &str) {
    emit(Level::Info, message);
}

/// Worth a look.
pub fn warn(message: &str) {
    emit(Level::Warn, message);
}

/// Something is broken.
pub fn error(message: &str) {
    emit(Level::Error, message);
}

#[cfg(target_arch = "wasm32")]
fn emit(level: Level, message: &str) {
    crate::guest::emit(level, message);
}

#[cfg(not(target_arch = "wasm32"))]
fn emit(level: Level, message: &str) {
    crate::test::logged(level, message);
}
