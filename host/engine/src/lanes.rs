//! How many requests are decided at the same time: payments in one lane, assistance in another beside it.
//!
//! However much help is asked for, only a few such requests are decided at once, so payments keep the machine. The others
//! wait for their turn, in the order in which they came; so many at the most, and of one caller a part of them, so nobody
//! keeps others from being helped either.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Semaphore, SemaphorePermit};
use weft_intake::Problem;

use crate::limits::{MAX_WAITING, MAX_WAITING_A_CALLER};
use crate::problems;

/// The two lanes.
pub(crate) struct Lanes {
    payments: Semaphore,
    assistance: Semaphore,
    waiting: Mutex<Waiting>,
    /// Those that wait, for who watches the host.
    waiting_now: Gauge<i64>,
}

#[derive(Default)]
struct Waiting {
    of_caller: HashMap<String, usize>,
    in_all: usize,
}

/// A request in one of the lanes, until it is dropped.
pub(crate) struct Place<'a>(#[allow(dead_code, reason = "held")] SemaphorePermit<'a>);

impl Lanes {
    /// Lanes in which so many are decided at the same time.
    pub(crate) fn new(payments: usize, assistance: usize, waiting_now: Gauge<i64>) -> Lanes {
        Lanes {
            payments: Semaphore::new(payments),
            assistance: Semaphore::new(assistance),
            waiting: Mutex::default(),
            waiting_now,
        }
    }

    /// A place for a payment, at once or not at all.
    pub(crate) fn payment(&self) -> Result<Place<'_>, Problem> {
        let permit = self.payments.try_acquire();
        permit.map(Place).map_err(|_| problems::saturated())
    }

    /// A place for assistance, when it is this one's turn.
    pub(crate) async fn assistance(&self, caller: &str) -> Result<Place<'_>, Problem> {
        let _turn = self.wait(caller).ok_or_else(problems::saturated_beside)?;
        let permit = self.assistance.acquire().await;
        permit.map(Place).map_err(|_| problems::stopping())
    }

    fn wait<'a>(&'a self, caller: &'a str) -> Option<Turn<'a>> {
        let mut waiting = self.lock();
        let of_caller = waiting.of_caller.get(caller).copied().unwrap_or(0);
        if waiting.in_all >= MAX_WAITING || of_caller >= MAX_WAITING_A_CALLER {
            return None;
        }
        waiting.of_caller.insert(caller.to_owned(), of_caller + 1);
        waiting.in_all += 1;
        self.waiting_now.inc();
        Some(Turn {
            lanes: self,
            caller,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits.
struct Turn<'a> {
    lanes: &'a Lanes,
    caller: &'a str,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut waiting = self.lanes.lock();
        waiting.in_all -= 1;
        if let Some(count) = waiting.of_caller.get_mut(self.caller) {
            *count -= 1;
            if *count == 0 {
                waiting.of_caller.remove(self.caller);
            }
        }
        self.lanes.waiting_now.dec();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// R6: assistance that waits takes no place from payments, and of one caller none from others.
    #[test]
    fn who_asks_for_too_much_keeps_neither_payments_nor_others_waiting() {
        let waiting_now = Gauge::default();
        let lanes = Lanes::new(1, 1, waiting_now.clone());
        let mut context = Context::from_waker(Waker::noop());
        let mut first = pin!(lanes.assistance("noor"));
        let Poll::Ready(Ok(decided)) = first.as_mut().poll(&mut context) else {
            panic!("there is a place");
        };
        let mut waits: Vec<_> = (0..MAX_WAITING_A_CALLER)
            .map(|_| Box::pin(lanes.assistance("noor")))
            .collect();
        for one in &mut waits {
            assert!(one.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(waiting_now.get(), MAX_WAITING_A_CALLER as i64);
        let mut one_more = pin!(lanes.assistance("noor"));
        let Poll::Ready(Err(problem)) = one_more.as_mut().poll(&mut context) else {
            panic!("it waits");
        };
        assert_eq!(problem.code(), "saturated");
        let mut another = pin!(lanes.assistance("tom"));
        assert!(another.as_mut().poll(&mut context).is_pending());
        let payment = lanes.payment().expect("payments have places of their own");
        assert!(lanes.payment().is_err(), "and so many of them");
        drop(payment);
        drop(decided);
        // Who came first is first, and who goes away leaves the queue.
        let Poll::Ready(Ok(_)) = waits[0].as_mut().poll(&mut context) else {
            panic!("it is its turn");
        };
        drop(waits);
        let Poll::Ready(Ok(_)) = another.as_mut().poll(&mut context) else {
            panic!("nobody is before this one");
        };
        assert_eq!(waiting_now.get(), 0);
    }
}
