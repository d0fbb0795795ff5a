//! `weft audit serve-tiles`: an exported log over HTTP, for programs that read it piece by piece.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use weft_audit::tiles::Tile;
use weft_audit::{Checkpoint, Verifier};

use super::read_key;
use crate::exit::Failed;
use crate::output;

/// Connections at a time; more wait until one ends.
const MAX_CONNECTIONS: usize = 512;
/// How long a reader may take to send the head of a request, and how long a connection may be idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection lasts at the most: who wants more comes again.
const MAX_CONNECTION: Duration = Duration::from_secs(600);
/// How long nobody is let in after that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a reader asks for beside tiles. The key is for who has a copy to compare it with.
const NOTES: [&str; 4] = ["checkpoint", "cosigned", "log.policy", "log.vkey"];

/// Serve an exported audit log over HTTP, to programs that read C2SP tlog-tiles.
///
/// Takes a directory that `weft audit export` wrote and answers GET and HEAD for its checkpoint, its tiles and its bundles of
/// records, under the paths of the C2SP tlog-tiles specification, and for its keys (log.vkey, log.policy, cosigned); nothing else
/// of the directory is given. Anybody who reaches the
/// address can read, and no reading is on record: a running host gives the same to regulators below /v1/log, and
/// records it. 512 connections at a time. Ends with SIGTERM or SIGINT.
#[derive(Args)]
#[command(after_help = "For example:
  weft audit export --data weft-data --out audit-copy
  weft audit serve-tiles audit-copy
  curl http://127.0.0.1:8788/checkpoint")]
pub(crate) struct ServeTiles {
    /// The exported directory.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
}

impl ServeTiles {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let checkpoint = checkpoint_of(&self.dir)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            let listener = TcpListener::bind(self.listen).await.map_err(|error| {
                Failed::because(format!(
                    "cannot listen on {}: {error}; choose another address with --listen, or stop who listens there",
                    self.listen
                ))
            })?;
            output::line(&format!(
                "ready: http://{} gives {} of {}",
                listener.local_addr()?,
                output::counted_u64(checkpoint.size, "record"),
                checkpoint.origin
            ));
            tokio::select! {
                () = serve(listener, self.dir.into()) => {}
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            Ok(())
        })
    }
}

/// The signed head of an exported log. All pieces that it speaks of have to be there, so that no reader finds out later.
fn checkpoint_of(dir: &Path) -> Result<Checkpoint, Failed> {
    let no_export = |what: String| {
        Failed::because(format!(
            "{}: {what}; name a directory that `weft audit export --out` wrote",
            dir.display()
        ))
    };
    let note = std::fs::read(dir.join("checkpoint"))
        .map_err(|error| no_export(format!("there is no checkpoint ({error})")))?;
    let verifier = Verifier::parse(&read_key(&dir.join("log.vkey"))?)?;
    let checkpoint = Checkpoint::open(&note, &verifier)
        .map_err(|bad| no_export(format!("the checkpoint does not hold: {bad}")))?;
    match Tile::all(checkpoint.size).find(|tile| !dir.join(tile.to_string()).is_file()) {
        Some(missing) => Err(no_export(format!("{missing} is missing"))),
        None => Ok(checkpoint),
    }
}

async fn serve(listener: TcpListener, dir: Arc<Path>) {
    let mut readers = JoinSet::new();
    loop {
        while readers.len() >= MAX_CONNECTIONS {
            readers.join_next().await;
        }
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                output::aside(&format!("a connection could not be accepted: {error}"));
                // Out of descriptors, for example: some have to be given back first.
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        while readers.try_join_next().is_some() {}
        let dir = Arc::clone(&dir);
        readers.spawn(async move {
            let answer = service_fn(|request| {
                let dir = Arc::clone(&dir);
                async move { Ok::<_, Infallible>(answer(&dir, &request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), answer);
            // A reader that goes away, or stays too long, is no trouble of this program's.
            let _ = tokio::time::timeout(MAX_CONNECTION, connection).await;
        });
    }
}

async fn answer(dir: &Arc<Path>, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let Some((place, form, cache)) = asked_for(request.uri().path()) else {
        return told(
            StatusCode::NOT_FOUND,
            "there are /checkpoint, /tile/LEVEL/NUMBER and /tile/entries/NUMBER here, as C2SP tlog-tiles says\n",
        );
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut told = told(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        told.headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return told;
    }
    let (dir, file) = (Arc::clone(dir), dir.join(place));
    let read = tokio::task::spawn_blocking(move || read_below(&dir, &file)).await;
    match read.unwrap_or_else(|ended| Err(ended.into())) {
        Ok(bytes) => {
            let mut found = Response::new(Full::new(Bytes::from(bytes)));
            let headers = found.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(form));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
            found
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            told(StatusCode::NOT_FOUND, "this log has no such piece\n")
        }
        Err(error) => {
            output::aside(&format!("{}: {error}", request.uri().path()));
            told(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be read\n")
        }
    }
}

/// A file that lies in the directory itself: no link in a copy that somebody else made leads out of it.
fn read_below(dir: &Path, file: &Path) -> io::Result<Vec<u8>> {
    if !file.canonicalize()?.starts_with(dir.canonicalize()?) {
        return Err(ErrorKind::NotFound.into());
    }
    std::fs::read(file)
}

/// The file that a path means, its media type, and for how long it may be kept (C2SP `tlog-tiles`).
fn asked_for(path: &str) -> Option<(String, &'static str, &'static str)> {
    let path = path.strip_prefix('/')?;
    if NOTES.contains(&path) {
        return Some((path.to_owned(), "text/plain; charset=utf-8", "no-cache"));
    }
    // Only the one form of a tile's path is one, so no path leads out of the directory.
    let tile = Tile::parse(path)?;
    let forever = "public, max-age=31536000, immutable";
    Some((tile.to_string(), "application/octet-stream", forever))
}

fn told(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut told = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *told.status_mut() = status;
    told.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    told
}
