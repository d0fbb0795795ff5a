//! What the writer does when there is no room.
//!
//! A batch that did not fit is cut off before its writers hear of it, so a refused record is never found
//! later. From then on records are refused as they come, and the writer looks for room every [`ROOM_PAUSE`];
//! one line of the log tells of the beginning, one of the end.

use std::io;
use std::sync::PoisonError;

use crate::error::{AppendError, is_disk_full};
use crate::limits::ROOM_PAUSE;
use crate::queue::lock;
use crate::segment;
use crate::writer::Writer;

impl Writer {
    /// Until there is something to write, or to end for. Looks for room meanwhile, if there is none.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        loop {
            let queue = lock(&self.shared.queue);
            if !queue.is_empty() || queue.is_closing() {
                return Ok(());
            }
            let wake = &self.shared.wake;
            if queue.stuck().is_none() {
                drop(wake.wait(queue).unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            let (queue, pause) = wake
                .wait_timeout(queue, ROOM_PAUSE)
                .unwrap_or_else(PoisonError::into_inner);
            drop(queue);
            if pause.timed_out() {
                let room = self.make_room()?;
                self.note_room(room.as_ref().err());
            }
        }
    }

    /// Records are refused from now on, or taken again.
    pub(crate) fn note_room(&self, missing: Option<&AppendError>) {
        // What is wrong with one record alone never comes so far.
        let before = lock(&self.shared.queue).set_stuck(missing.cloned());
        let dir = self.shared.dir.display();
        match (before, missing) {
            (None, Some(why)) => {
                tracing::error!(%dir, %why, "there is no room: no record is taken until there is some");
            }
            (Some(_), None) => tracing::warn!(%dir, "there is room again: records are taken"),
            _ => {}
        }
    }

    /// Gets room for the next record: the rest of a segment that was cut off, or another segment.
    pub(crate) fn make_room(&mut self) -> io::Result<Result<(), AppendError>> {
        if !self.cut_off {
            return Ok(self
                .next_segment()
                .map_err(|error| AppendError::of_segment(&error)));
        }
        match segment::lengthen(&*self.file, self.at, self.end) {
            Ok(()) => {
                self.cut_off = false;
                Ok(Ok(()))
            }
            Err(error) if is_disk_full(&error) => {
                self.cut_off()?;
                Ok(Err(AppendError::of_segment(&error)))
            }
            Err(error) => Err(error),
        }
    }

    /// The file ends with the last durable record: nothing is left of what came behind it.
    pub(crate) fn cut_off(&mut self) -> io::Result<()> {
        segment::cut_off(&*self.file, self.at)?;
        self.cut_off = true;
        Ok(())
    }
}
