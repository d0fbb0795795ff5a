//! Connections: how many, how long, and how they end.
//!
//! HTTP/1.1 is spoken; nothing else is compiled in. A header that does not arrive in time ends its
//! connection without an answer, and so does an answer that nobody reads. A connection beyond the limit
//! is told so (503) and closed; when too many are being told, more wait to be accepted.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::Limits;
use crate::limits::{
    ACCEPT_PAUSE, BUFFER_BYTES, LINGER, MAX_HEADER_BYTES, MAX_LINGER_BYTES, MAX_TURNED_AWAY,
};
use crate::service::Service;
use crate::socket::Socket;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// It is served.
    Serve,
    /// It is told that there is no room.
    TurnAway,
}

/// The place of a connection; free again when it is dropped.
struct Place {
    treatment: Treatment,
    _permit: OwnedSemaphorePermit,
}

/// Places for connections.
struct Places {
    served: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
}

/// Serves connections until `stop` is there, then waits for those under way, as long as the limits allow.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    stop: impl Future<Output = ()>,
) {
    let places = Places {
        served: Arc::new(Semaphore::new(service.limits.connections)),
        turned_away: Arc::new(Semaphore::new(MAX_TURNED_AWAY)),
    };
    let stopping = CancellationToken::new();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(ended) = connections.join_next() => note(&ended),
            accepted = places.accept(&listener) => {
                if let Some((stream, place)) = accepted {
                    let (service, stopping) = (Arc::clone(&service), stopping.clone());
                    connections.spawn(connection(stream, place, service, stopping));
                }
            }
        }
    }
    drop(listener);
    stopping.cancel();
    let all = async {
        while let Some(ended) = connections.join_next().await {
            note(&ended);
        }
    };
    if timeout(service.limits.stop_grace, all).await.is_err() {
        let left = connections.len();
        tracing::warn!(left, "connections were cut off after the grace of the stop");
        connections.shutdown().await;
    }
}

impl Places {
    /// Waits until there is room at least to say that there is none, then for a connection.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, Place)> {
        let say_no = Arc::clone(&self.turned_away).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, _)) => {
                let (treatment, permit) = match Arc::clone(&self.served).try_acquire_owned() {
                    Ok(permit) => (Treatment::Serve, permit),
                    Err(_) => (Treatment::TurnAway, say_no),
                };
                let place = Place {
                    treatment,
                    _permit: permit,
                };
                Some((stream, place))
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }
}

/// Requests cannot end their connection; if one ends all the same, it is a fault of the host's own.
fn note(ended: &Result<(), JoinError>) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        tracing::error!("a connection was ended by a panic");
    }
}

async fn connection(
    stream: TcpStream,
    place: Place,
    service: Arc<Service>,
    stopping: CancellationToken,
) {
    let _counted = match place.treatment {
        Treatment::Serve => Some(service.metrics.connected()),
        Treatment::TurnAway => {
            service.metrics.turned_away();
            None
        }
    };
    // Answers are written whole; waiting to send more at once gains nothing.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Socket::new(stream, service.limits.write_timeout));
    let answer = service_fn(|request| {
        let service = Arc::clone(&service);
        Box::pin(async move {
            match place.treatment {
                Treatment::Serve => service.answer(request).await,
                Treatment::TurnAway => service.turn_away(request).await,
            }
        })
    });
    let mut connection = http(&service.limits, place.treatment).serve_connection(io, answer);
    let ended = stopping
        .run_until_cancelled(poll_fn(|cx| connection.poll_without_shutdown(cx)))
        .await;
    let ended = match ended {
        Some(ended) => ended,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    if let Err(error) = &ended {
        tracing::debug!(%error, "a connection ended early");
    }
    // What is no HTTP is answered, too.
    if ended.is_ok() || ended.is_err_and(|error| error.is_parse()) {
        linger(connection.into_parts().io.into_inner()).await;
    }
}

fn http(limits: &Limits, treatment: Treatment) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .keep_alive(treatment == Treatment::Serve)
        .header_read_timeout(limits.header_timeout)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(BUFFER_BYTES);
    http
}

/// Closes a connection so that the last answer arrives: a socket that is closed while the caller still
/// sends takes what the caller has not read yet with it.
async fn linger(mut socket: Socket) {
    let read_to_the_end = async {
        socket.shutdown().await?;
        let mut rest = [0_u8; 4 * 1024];
        let mut thrown_away = 0;
        while thrown_away < MAX_LINGER_BYTES {
            match socket.read(&mut rest).await? {
                0 => break,
                more => thrown_away += more,
            }
        }
        Ok::<(), std::io::Error>(())
    };
    // However it ends, it ended.
    let _ = timeout(LINGER, read_to_the_end).await;
}
