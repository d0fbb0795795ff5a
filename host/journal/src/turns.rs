//! A writer that has no thread: it does nothing but when it is told to.

use std::io;

use crate::queue::lock;
use crate::writer::Writer;

/// The writer of a journal that was opened by [`crate::Journal::open_in_turns`].
pub struct Turns {
    writer: Writer,
}

impl Turns {
    pub(crate) fn of(writer: Writer) -> Turns {
        Turns { writer }
    }

    /// Writes what has queued, and resolves it. Where records are refused for want of room, looks for room first. An error
    /// is what ends the process of a journal with a thread: after it nothing that waits is resolved, and nothing may be
    /// written any more.
    pub fn turn(&mut self) -> io::Result<()> {
        if lock(&self.writer.shared.queue).stuck().is_some() {
            let room = self.writer.make_room()?;
            self.writer.note_room(room.as_ref().err());
        }
        self.writer.write_queued().map(drop)
    }

    /// Takes no more records, and leaves the mark of a clean close.
    pub fn close(mut self) -> io::Result<()> {
        lock(&self.writer.shared.queue).close();
        self.writer.write_queued()?;
        self.writer.finish()
    }
}
