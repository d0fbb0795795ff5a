//! Where a payment stands, as a stream of server-sent events (WHATWG HTML, section 9.2).

use bytes::Bytes;
use futures_util::stream::unfold;
use hyper::HeaderMap;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use weft_engine::{Caller, NowView, Watching};

use crate::answer::{self, Answer, Refusal};
use crate::limits::{LOOK_AGAIN, MAX_WATCH, SAY_ALIVE};
use crate::metrics::Counted;
use crate::route::Route;
use crate::{accept, service::Service};

/// One stream.
struct Events {
    watching: Watching,
    is_begun: bool,
    ends_at: Instant,
    stopping: CancellationToken,
    _counted: Counted,
}

impl Service {
    /// Where the payment of a decision stands, now and after each change.
    pub(crate) async fn watch(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        id: &str,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, Route::Watch.forms())?;
        let watching = self.engine.watch(caller, id).await;
        let events = Events {
            watching: watching.map_err(Refusal::by_engine)?,
            is_begun: false,
            ends_at: Instant::now() + MAX_WATCH,
            stopping: self.stopping.clone(),
            _counted: self.metrics.streaming(),
        };
        Ok(answer::stream(unfold(events, next), form))
    }
}

async fn next(mut events: Events) -> Option<(Bytes, Events)> {
    if !events.is_begun {
        events.is_begun = true;
        let retry = format!("retry: {}\n", LOOK_AGAIN.as_millis());
        let first = [retry.into_bytes(), event(events.watching.now())?].concat();
        return Some((first.into(), events));
    }
    let piece = tokio::select! {
        biased;
        () = events.stopping.cancelled() => return None,
        () = sleep_until(events.ends_at) => return None,
        changed = events.watching.changed() => event(changed?)?.into(),
        // So that both sides notice when the other one is gone.
        () = sleep(SAY_ALIVE) => Bytes::from_static(b": alive\n\n"),
    };
    Some((piece, events))
}

fn event(now: &NowView) -> Option<Vec<u8>> {
    let data = answer::piece(serde_json::to_vec(now).ok()?);
    Some([&b"event: state\ndata: "[..], &data, b"\n\n"].concat())
}
