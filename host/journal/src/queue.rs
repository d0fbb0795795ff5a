//! The bounded queue of records, and the promise that a writer holds.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::AppendError;
use crate::journal::Position;
use crate::limits::{MAX_QUEUED_BYTES, MAX_QUEUED_RECORDS, MAX_RECORD_BYTES};

/// A lock that a panic cannot make useless: what it guards is valid after every statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records that queued while the previous batch was being written, and all who wait for them.
#[derive(Default)]
pub(crate) struct Group {
    state: Mutex<GroupState>,
    done: Condvar,
}

#[derive(Default)]
struct GroupState {
    outcome: Option<Outcome>,
    wakers: Vec<Waker>,
}

/// What became of a group: its first `written` records are durable from index `first` on.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) first: u64,
    pub(crate) written: u32,
    /// Why the rest is not written.
    pub(crate) error: Option<AppendError>,
}

impl Outcome {
    fn of(&self, place: u32) -> Result<Position, AppendError> {
        if place < self.written {
            return Ok(Position {
                index: self.first + u64::from(place),
            });
        }
        Err(self.error.clone().unwrap_or(AppendError::Closed))
    }
}

impl Group {
    pub(crate) fn finish(&self, outcome: Outcome) {
        let mut state = lock(&self.state);
        state.outcome = Some(outcome);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.done.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A record on its way to the disk. Resolves when it is durable, as a future or by [`Appended::wait`]. The
/// record is written also when this is dropped.
#[must_use = "the record is durable only when this resolves"]
pub struct Appended {
    group: Arc<Group>,
    place: u32,
    /// Where this promise's waker is in the group.
    waker: Option<usize>,
}

impl Appended {
    /// Blocks this thread until the record is durable.
    pub fn wait(self) -> Result<Position, AppendError> {
        let mut state = lock(&self.group.state);
        loop {
            if let Some(outcome) = &state.outcome {
                return outcome.of(self.place);
            }
            state = self
                .group
                .done
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Appended {
    type Output = Result<Position, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let mut state = lock(&this.group.state);
        if let Some(outcome) = &state.outcome {
            return Poll::Ready(outcome.of(this.place));
        }
        match this.waker {
            Some(slot) => state.wakers[slot].clone_from(context.waker()),
            None => {
                this.waker = Some(state.wakers.len());
                state.wakers.push(context.waker().clone());
            }
        }
        Poll::Pending
    }
}

/// What waits for the writer thread.
#[derive(Default)]
pub(crate) struct Queue {
    records: Vec<Vec<u8>>,
    bytes: usize,
    group: Arc<Group>,
    closing: bool,
    /// Why no record is taken now, if so.
    stuck: Option<AppendError>,
}

impl Queue {
    pub(crate) fn push(&mut self, record: Vec<u8>) -> Result<Appended, AppendError> {
        if record.len() > MAX_RECORD_BYTES {
            return Err(AppendError::TooLarge {
                bytes: record.len(),
                max: MAX_RECORD_BYTES,
            });
        }
        if self.closing {
            return Err(AppendError::Closed);
        }
        if let Some(stuck) = &self.stuck {
            return Err(stuck.clone());
        }
        if self.records.len() >= MAX_QUEUED_RECORDS || self.bytes + record.len() > MAX_QUEUED_BYTES
        {
            return Err(AppendError::Saturated);
        }
        let place = self.records.len() as u32;
        self.bytes += record.len();
        self.records.push(record);
        Ok(Appended {
            group: self.group.clone(),
            place,
            waker: None,
        })
    }

    /// Takes all that waits, leaving `empty` in its place; `None` when nothing waits.
    pub(crate) fn take(&mut self, empty: &mut Vec<Vec<u8>>) -> Option<Arc<Group>> {
        if self.records.is_empty() {
            return None;
        }
        empty.clear();
        std::mem::swap(&mut self.records, empty);
        self.bytes = 0;
        Some(std::mem::take(&mut self.group))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(crate) fn close(&mut self) {
        self.closing = true;
    }

    /// From now on records are refused for this reason, or taken again. What it was before.
    pub(crate) fn set_stuck(&mut self, stuck: Option<AppendError>) -> Option<AppendError> {
        std::mem::replace(&mut self.stuck, stuck)
    }

    pub(crate) fn stuck(&self) -> Option<&AppendError> {
        self.stuck.as_ref()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }
}
