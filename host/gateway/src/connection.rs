//! Connections: how many, how long, and how they end.
//!
//! HTTP/1.1 is spoken; nothing else is compiled in. A header that does not arrive in time ends its
//! connection without an answer, and so does an answer that nobody reads. Who is served, who is turned away and
//! who has to go is said by `seats`; this module does it. Sockets of connections that are ending count, too: when
//! there are too many of them, more wait to be accepted.

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
use weft_engine::wiped;

use crate::Limits;
use crate::answer::Refusal;
use crate::limits::{
    ACCEPT_PAUSE, BUFFER_BYTES, LINGER, MAX_ENDING, MAX_HEADER_BYTES, MAX_LINGER_BYTES,
    MAX_TURNED_AWAY, TURNED_AWAY_TIMEOUT,
};
use crate::rarely::Rarely;
use crate::seats::{Full, Peer, Seats, Taken, Treatment};
use crate::service::Service;
use crate::socket::Socket;

/// A connection that was accepted.
struct Accepted {
    stream: TcpStream,
    taken: Taken,
    _socket: OwnedSemaphorePermit,
}

/// Where connections come from, and where they sit.
struct Door {
    listener: TcpListener,
    seats: Arc<Seats>,
    sockets: Arc<Semaphore>,
    crowded: Rarely,
    broken: Rarely,
}

/// Serves connections until `stop` is there, then waits for those under way, as long as the limits allow.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    stop: impl Future<Output = ()>,
) {
    let sockets = service.limits.connections + MAX_TURNED_AWAY + MAX_ENDING;
    let door = Door {
        listener,
        seats: Arc::new(Seats::new(&service.limits)),
        sockets: Arc::new(Semaphore::new(sockets)),
        crowded: Rarely::default(),
        broken: Rarely::default(),
    };
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(ended) = connections.join_next() => note(&ended),
            accepted = door.accept(&service) => {
                if let Some(accepted) = accepted {
                    let service = Arc::clone(&service);
                    connections.spawn(wiped(connection(accepted, service)));
                }
            }
        }
    }
    drop(door);
    service.stopping.cancel();
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

impl Door {
    /// Waits for a socket to be free, then for a connection, and gives it a place.
    async fn accept(&self, service: &Service) -> Option<Accepted> {
        let socket = Arc::clone(&self.sockets).acquire_owned().await.ok()?;
        let (stream, address) = match self.listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(times) = self.broken.now() {
                    tracing::warn!(%error, times, "connections could not be accepted");
                }
                sleep(ACCEPT_PAUSE).await;
                return None;
            }
        };
        let taken = self.seats.take(Peer::of(address.ip()));
        self.tell(service, taken.as_ref());
        Some(Accepted {
            stream,
            taken: taken?,
            _socket: socket,
        })
    }

    /// Whoever does not get what it came for is counted, and now and then told of.
    fn tell(&self, service: &Service, taken: Option<&Taken>) {
        let why = match taken {
            Some(taken) if taken.displaced => {
                service.metrics.displaced();
                "all connections are in use: idle ones are closed for new ones"
            }
            Some(taken) => match taken.seat.treatment {
                Treatment::Serve => return,
                Treatment::TurnAway(full) => {
                    service.metrics.turned_away(full);
                    match full {
                        Full::Host => "all connections are in use: new ones are turned away",
                        Full::Address => {
                            "an address has as many connections as it may: new ones are turned away"
                        }
                    }
                }
            },
            None => {
                service.metrics.turned_away(Full::Host);
                "all connections are in use: new ones are closed without a word"
            }
        };
        if let Some(times) = self.crowded.now() {
            let limits = &service.limits;
            let (most, of_one) = (limits.connections, limits.connections_per_address);
            tracing::warn!(times, most, of_one, "{why}");
        }
    }
}

/// Requests cannot end their connection; if one ends all the same, it is a fault of the host's own.
fn note(ended: &Result<(), JoinError>) {
    if ended.as_ref().is_err_and(JoinError::is_panic) {
        tracing::error!("a connection was ended by a panic");
    }
}

async fn connection(accepted: Accepted, service: Arc<Service>) {
    let Accepted {
        stream,
        taken,
        _socket,
    } = accepted;
    let seat = Arc::clone(&taken.seat);
    let _counted = (seat.treatment == Treatment::Serve).then(|| service.metrics.connected());
    // Answers are written whole; waiting to send more at once gains nothing.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(Socket::new(stream, service.limits.write_timeout));
    let answer = service_fn(|request| {
        let (service, seat) = (Arc::clone(&service), Arc::clone(&seat));
        Box::pin(async move { service.answer(request, &seat).await })
    });
    let mut connection = http(&service.limits, seat.treatment).serve_connection(io, answer);
    let until_told = async {
        tokio::select! {
            () = service.stopping.cancelled() => Told::Stop,
            () = seat.leave.cancelled() => Told::Leave,
        }
    };
    let ended = tokio::select! {
        biased;
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => Ok(ended),
        told = until_told => Err(told),
    };
    let ended = match ended {
        Ok(ended) => ended,
        Err(told) => {
            Pin::new(&mut connection).graceful_shutdown();
            let rest = poll_fn(|cx| connection.poll_without_shutdown(cx));
            match told {
                Told::Stop => rest.await,
                // Somebody has the place already.
                Told::Leave => match timeout(LINGER, rest).await {
                    Ok(ended) => ended,
                    Err(_) => return,
                },
            }
        }
    };
    if let Err(error) = &ended {
        tracing::debug!(%error, "a connection ended early");
    }
    // What is no HTTP is answered, too.
    let is_no_http = ended.as_ref().is_err_and(hyper::Error::is_parse);
    let is_late = ended.as_ref().is_err_and(hyper::Error::is_timeout);
    if ended.is_ok() || is_no_http || is_late {
        let parts = connection.into_parts();
        let mut socket = parts.io.into_inner();
        // Who has sent nothing waits for no answer, and might take it for that of the next request.
        if is_late && !parts.read_buf.is_empty() {
            service.late_header();
            let answer = Refusal::late_header().into_bytes().await;
            let _ = socket.write_all(&answer).await;
        }
        if let Some(status) = socket.withheld() {
            service.not_http();
            let answer = Refusal::not_http(status).into_bytes().await;
            // Who does not speak HTTP may not listen, either.
            let _ = socket.write_all(&answer).await;
        }
        linger(socket).await;
    }
    drop(taken);
}

/// Why a connection ends before its caller wants it to.
enum Told {
    Stop,
    Leave,
}

fn http(limits: &Limits, treatment: Treatment) -> http1::Builder {
    let serves = treatment == Treatment::Serve;
    let header_timeout = match serves {
        true => limits.header_timeout,
        false => limits.header_timeout.min(TURNED_AWAY_TIMEOUT),
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .keep_alive(serves)
        .header_read_timeout(header_timeout)
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
