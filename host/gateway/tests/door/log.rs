//! What is logged, by thread: a story that is told on one thread reads its own.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

static CAPTURE: Once = Once::new();

struct Logged;

impl io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A thread that ends may log when its own buffer has gone; no story reads that.
        let _ = LOGGED.try_with(|logged| logged.borrow_mut().extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Captures everything from now on; the first thing that any story does, so that no place that logs has
/// found out before that nobody listens.
pub(crate) fn capture() {
    CAPTURE.call_once(|| {
        #[allow(
            clippy::disallowed_methods,
            reason = "what is logged is what is tested"
        )]
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Logged)
            .finish();
        // Not `init`, which would bridge the `log` crate, too: sled logs while its threads go down, when
        // a subscriber's own thread-locals are gone already.
        tracing::subscriber::set_global_default(subscriber).expect("the first");
    });
}

/// What this thread has logged.
pub(crate) fn logged() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8_lossy(logged).into_owned())
}
