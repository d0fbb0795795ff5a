//! A small HTTP client for commands that talk to a host: one connection, kept alive.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Bytes of a reply that are read.
const MAX_REPLY_BYTES: usize = 16 << 20;

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("no host answers at http://{address}: {source}; start one with `weft serve`")]
    Connect {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("the connection to http://{address} broke: {source}")]
    Broken {
        address: SocketAddr,
        source: hyper::Error,
    },
    #[error("the reply of http://{0} is longer than {MAX_REPLY_BYTES} bytes, or was cut off")]
    Body(SocketAddr),
    #[error("the request cannot be made: {0}")]
    Request(#[from] hyper::http::Error),
}

/// One connection to a host.
pub(crate) struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    /// Drives the connection, and ends with the client.
    _connection: JoinSet<()>,
}

/// What to ask.
pub(crate) struct Question<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: Bytes,
}

impl<'a> Question<'a> {
    pub(crate) fn get(path: &'a str, token: Option<&'a str>) -> Question<'a> {
        Question {
            method: Method::GET,
            path,
            token,
            content_type: None,
            body: Bytes::new(),
        }
    }

    pub(crate) fn decision(token: &'a str, content_type: &'a str, body: Bytes) -> Question<'a> {
        Question {
            method: Method::POST,
            path: "/v1/decisions",
            token: Some(token),
            content_type: Some(content_type),
            body,
        }
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Client, ClientError> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|source| ClientError::Connect { address, source })?;
        stream
            .set_nodelay(true)
            .map_err(|source| ClientError::Connect { address, source })?;
        let broken = |source| ClientError::Broken { address, source };
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // An error is seen by the request that it concerns, too.
            let _ = connection.await;
        });
        Ok(Client {
            address,
            sender,
            _connection: driver,
        })
    }

    pub(crate) async fn ask(&mut self, question: Question<'_>) -> Result<Answer, ClientError> {
        let address = self.address;
        let broken = |source| ClientError::Broken { address, source };
        let mut request = Request::builder()
            .method(question.method)
            .uri(question.path)
            .header(HOST, address.to_string());
        if let Some(token) = question.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(content_type) = question.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.body(Full::new(question.body))?;
        self.sender.ready().await.map_err(broken)?;
        let reply = self.sender.send_request(request).await.map_err(broken)?;
        let (head, body) = reply.into_parts();
        let body = Limited::new(body, MAX_REPLY_BYTES)
            .collect()
            .await
            .map_err(|_| ClientError::Body(address))?;
        let content_type = head
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Answer {
            status: head.status,
            content_type: content_type.to_owned(),
            body: body.to_bytes(),
        })
    }
}
