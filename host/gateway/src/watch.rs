//! What changes, as a stream of server-sent events (WHATWG HTML, section 9.2): where a payment stands, and alerts.

use bytes::Bytes;
use futures_util::stream::unfold;
use hyper::HeaderMap;
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use weft_engine::{Alarmed, Caller, Watching};

use crate::answer::{self, Answer, Refusal};
use crate::limits::{LOOK_AGAIN, MAX_WATCH, SAY_ALIVE};
use crate::metrics::Counted;
use crate::route::Route;
use crate::{accept, service::Service};

/// One stream.
struct Events {
    of: Source,
    is_begun: bool,
    ends_at: Instant,
    stopping: CancellationToken,
    _counted: Counted,
}

/// Where its events come from.
enum Source {
    Payment(Box<Watching>),
    Alerts(Alarmed),
}

impl Source {
    /// What is told at once.
    fn first(&self) -> Option<Vec<u8>> {
        match self {
            Source::Payment(watching) => event("state", watching.now()),
            Source::Alerts(_) => Some(b"\n".to_vec()),
        }
    }

    async fn next(&mut self) -> Option<Vec<u8>> {
        match self {
            Source::Payment(watching) => event("state", watching.changed().await?),
            Source::Alerts(alarmed) => event("alert", &alarmed.next().await?),
        }
    }
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
        let watching = watching.map_err(Refusal::by_engine)?;
        Ok(self.stream(Source::Payment(Box::new(watching)), form))
    }

    /// The newest payments that policies want support to look at.
    pub(crate) async fn alerts(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, Route::Alerts.forms())?;
        let alerts = self.engine.alerts(caller).await;
        let alerts = serde_json::json!({"alerts": alerts.map_err(Refusal::by_engine)?});
        Ok(answer::new(alerts.to_string(), form))
    }

    /// The same, each as it is raised.
    pub(crate) fn alert_stream(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<Answer, Refusal> {
        let form = accept::choose(headers, Route::AlertStream.forms())?;
        Ok(self.stream(Source::Alerts(self.engine.alarmed(caller)), form))
    }

    fn stream(&self, of: Source, form: &'static str) -> Answer {
        let events = Events {
            of,
            is_begun: false,
            ends_at: Instant::now() + MAX_WATCH,
            stopping: self.stopping.clone(),
            _counted: self.metrics.streaming(),
        };
        answer::stream(unfold(events, next), form)
    }
}

async fn next(mut events: Events) -> Option<(Bytes, Events)> {
    if !events.is_begun {
        events.is_begun = true;
        let retry = format!("retry: {}\n", LOOK_AGAIN.as_millis());
        let first = [retry.into_bytes(), events.of.first()?].concat();
        return Some((first.into(), events));
    }
    let piece = tokio::select! {
        biased;
        () = events.stopping.cancelled() => return None,
        () = sleep_until(events.ends_at) => return None,
        changed = events.of.next() => changed?.into(),
        // So that both sides notice when the other one is gone.
        () = sleep(SAY_ALIVE) => Bytes::from_static(b": alive\n\n"),
    };
    Some((piece, events))
}

fn event(name: &str, says: &impl Serialize) -> Option<Vec<u8>> {
    let data = answer::piece(serde_json::to_vec(says).ok()?);
    let name = format!("event: {name}\ndata: ");
    Some([name.as_bytes(), &data, b"\n\n"].concat())
}
