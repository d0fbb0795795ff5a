//! Work in tasks and on threads of its own, which leaves nothing on a stack.
//!
//! What is freed is wiped by the allocator, but a frame that was returned from stays on its thread's stack until another
//! one lies over it: digits that a detector gathered, a value that went through a register. A thread that waits for work
//! may wait for long. So each turn of a task, and all work on a thread, is a call of its own below which the stack is
//! overwritten afterwards.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use zeroize::zeroize_stack;

use crate::limits::WIPED_STACK_BYTES;

/// What a host has under way, so that its end can be awaited.
#[derive(Default)]
pub(crate) struct Tasks(TaskTracker);

impl Tasks {
    /// Starts a task.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.spawn(wiped(work))
    }

    /// Starts work that waits, on a thread that may.
    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.spawn_blocking(move || wiped_after(work))
    }

    /// Waits for the end of all that is under way, and of what it starts.
    pub(crate) async fn end(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

/// The same future; after each of its turns the stack below it is overwritten.
pub async fn wiped<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        let _wiped = Below;
        turn(work.as_mut(), context)
    })
    .await
}

/// Does the work, and overwrites the stack below it.
pub(crate) fn wiped_after<T>(work: impl FnOnce() -> T) -> T {
    let _wiped = Below;
    apart(work)
}

/// The stack below the frame in which this is. Overwritten when it goes, after a panic, too.
struct Below;

impl Drop for Below {
    fn drop(&mut self) {
        zeroize_stack::<WIPED_STACK_BYTES>();
    }
}

/// A frame of its own: what is inlined lies beside the caller's, and not below it.
#[inline(never)]
fn turn<F: Future>(work: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    work.poll(context)
}

#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}
