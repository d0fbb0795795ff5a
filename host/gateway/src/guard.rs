//! A panic ends the request in which it happens, and nothing else.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

/// The work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Does work, and survives if it panics. What the work shares with other requests is atomic or behind
/// locks that do not mind (that is what makes the assertion true). The message is the process's panic
/// hook's to report.
pub(crate) async fn guard<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(_) => Err(Panicked).into(),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_task_lives() {
        let panics = guard(async {
            tokio::task::yield_now().await;
            "no number"
                .parse::<u8>()
                .expect("this panic belongs to the test")
        });
        assert_eq!(panics.await, Err(Panicked));
        assert_eq!(guard(async { 1 }).await, Ok(1));
    }
}
