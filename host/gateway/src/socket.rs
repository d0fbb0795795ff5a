//! A connection's socket, on which an answer that nobody reads does not wait forever, and on which hyper's own
//! answers are withheld.
//!
//! To what is no HTTP hyper answers by itself, with a status and an empty body. Every answer of this host is a problem
//! with a body, so that one is not sent; `connection` sends one of its own instead.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A socket that fails when nothing could be written to it for some time.
pub(crate) struct Socket {
    stream: TcpStream,
    write_timeout: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    withheld: Option<StatusCode>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, write_timeout: Duration) -> Socket {
        Socket {
            stream,
            write_timeout,
            stalled: None,
            withheld: None,
        }
    }

    /// The status of hyper's own answer that was not sent, if there was one.
    pub(crate) fn withheld(&mut self) -> Option<StatusCode> {
        self.withheld.take()
    }

    fn watch<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeout)));
        stalled
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let (bytes, own) = split_off_hypers_own(bytes);
        if let (true, Some((status, length))) = (bytes.is_empty(), own) {
            self.withheld = Some(status);
            return Poll::Ready(Ok(length));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(written, cx)
    }

    // Not vectored: what hyper writes is seen in one piece.

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What begins hyper's own answer, and what ends it; between them is a date.
const OWN_BEGIN: &str = "HTTP/1.1 ";
const OWN_END: &[u8] = b"\r\n\r\n";
/// Its status line, three header fields and nothing else.
const MAX_OWN_BYTES: usize = 160;

/// What is this host's to send, and status and length of hyper's own answer behind it, if there is one: the last
/// thing on a connection, with an empty body and without the header fields that all answers of this host have.
fn split_off_hypers_own(bytes: &[u8]) -> (&[u8], Option<(StatusCode, usize)>) {
    let own = || {
        let tail = &bytes[bytes.len().saturating_sub(MAX_OWN_BYTES)..];
        let at = tail
            .windows(OWN_BEGIN.len())
            .rposition(|w| w == OWN_BEGIN.as_bytes())?;
        let own = tail[at..].strip_suffix(OWN_END)?;
        let text = std::str::from_utf8(own).ok()?;
        let mut lines = text.split("\r\n");
        let status = lines.next()?.strip_prefix(OWN_BEGIN)?.get(..3)?;
        let status: StatusCode = status.parse().ok()?;
        let is_own = lines.all(|line| {
            ["connection: close", "content-length: 0"].contains(&line) || line.starts_with("date: ")
        });
        (is_own && status.is_client_error()).then_some((status, tail.len() - at))
    };
    match own() {
        Some((status, length)) => (&bytes[..bytes.len() - length], Some((status, length))),
        None => (bytes, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\n\r\n";

    #[test]
    fn hypers_own_answer_is_told_from_this_hosts() {
        let split = |text: &str| {
            let (ours, own) = split_off_hypers_own(text.as_bytes());
            (ours.len(), own)
        };
        let bad = Some((StatusCode::BAD_REQUEST, OWN.len()));
        assert_eq!(split(OWN), (0, bad));
        let behind = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}{OWN}");
        assert_eq!(split(&behind), (behind.len() - OWN.len(), bad));
        let empty = "HTTP/1.1 404 Not Found\r\nx-content-type-options: nosniff\r\ncontent-length: 0\r\n\r\n";
        for ours in ["", "{}", &OWN[..OWN.len() - 1], &format!("{OWN}x"), empty] {
            assert_eq!(split(ours), (ours.len(), None), "{ours}");
        }
    }
}
