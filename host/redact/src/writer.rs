//! The layer that every log line passes on its way out, whoever wrote it.

use std::io::{self, Write};

use crate::{Layer, Reading, alarm, cover};

/// Covers what leads to a person in each line before it is written.
pub struct LogWriter<W>(W);

impl<W: Write> LogWriter<W> {
    /// In front of `inner`.
    pub fn new(inner: W) -> LogWriter<W> {
        LogWriter(inner)
    }
}

/// Each call is looked at by itself: whoever formats a line hands it over whole, as `tracing_subscriber::fmt` does.
impl<W: Write> Write for LogWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let (covered, found) = cover(&line, Reading::Prose);
        self.0.write_all(covered.as_bytes())?;
        alarm::covered(Layer::Log, &found);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
