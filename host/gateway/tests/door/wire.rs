//! Callers: one that speaks HTTP as it should, and one that writes what it likes.

use std::fmt::Debug;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::request::Builder;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// No story takes so long; one that does has failed.
const TOO_LONG: Duration = Duration::from_secs(60);

/// Waits for something that must happen.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(TOO_LONG, what)
        .await
        .expect("it never happened")
}

/// One request.
pub(crate) struct Call {
    request: Builder,
    body: Bytes,
}

impl Call {
    pub(crate) fn new(method: Method, path: &str) -> Call {
        Call {
            request: Request::builder()
                .method(method)
                .uri(path)
                .header("host", "weft"),
            body: Bytes::new(),
        }
    }

    pub(crate) fn get(path: &str) -> Call {
        Call::new(Method::GET, path)
    }

    pub(crate) fn post(content_type: &str, body: impl Into<Bytes>) -> Call {
        let call =
            Call::new(Method::POST, "/v1/decisions").header(CONTENT_TYPE.as_str(), content_type);
        Call {
            body: body.into(),
            ..call
        }
    }

    pub(crate) fn json(body: &Json) -> Call {
        Call::post("application/json", body.to_string())
    }

    pub(crate) fn xml(body: &str) -> Call {
        Call::post("application/xml", body.to_owned())
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Call {
        let value = HeaderValue::from_str(value).expect("a value");
        Call {
            request: self.request.header(name, value),
            ..self
        }
    }

    /// The same to another resource.
    pub(crate) fn to(self, method: Method, path: &str) -> Call {
        Call {
            request: self.request.method(method).uri(path),
            ..self
        }
    }

    /// With the token of a caller.
    pub(crate) fn by(self, caller: &str) -> Call {
        let value = format!("Bearer {}", crate::house::token(caller));
        self.header(AUTHORIZATION.as_str(), &value)
    }
}

/// One answer.
#[derive(PartialEq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Debug for Got {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.text())
    }
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    /// A decision with this verdict.
    pub(crate) fn expect_verdict(self, verdict: &str) -> Got {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.json()["verdict"], verdict, "{self:?}");
        self
    }

    /// A problem, in the form that RFC 9457 gives it.
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Got {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code);
        assert_eq!(problem["type"], format!("urn:weft:problem:{code}"));
        for member in ["title", "detail", "culprit"] {
            assert!(problem[member].is_string(), "{member}: {problem}");
        }
        self
    }

    /// Everything that may differ between two answers that say the same is taken out.
    pub(crate) fn without_when_and_which(mut self) -> Got {
        self.headers.remove("date");
        self.headers.remove("traceparent");
        self
    }
}

/// A connection on which one request follows the other.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    _driver: JoinSet<hyper::Result<()>>,
}

impl Connection {
    pub(crate) async fn open(
        address: SocketAddr,
    ) -> Result<Connection, Box<dyn std::error::Error>> {
        let stream = TcpStream::connect(address).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        Ok(Connection {
            sender,
            _driver: driver,
        })
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn send(&mut self, call: Call) -> Result<Got, hyper::Error> {
        let request = call.request.body(Full::new(call.body)).expect("a request");
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        Ok(Got {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await?.to_bytes(),
        })
    }
}

/// A caller that writes bytes.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn open(address: SocketAddr) -> Raw {
        Raw(TcpStream::connect(address).await.expect("a connection"))
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// The header of a request for a decision; the body is the test's to write.
    pub(crate) async fn begin(&mut self, more: &str) {
        let token = crate::house::token("shop");
        let header = format!(
            "POST /v1/decisions HTTP/1.1\r\nHost: weft\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
        );
        self.write(header.as_bytes()).await.expect("written");
    }

    /// Reads until this text was read.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains(text) {
            let byte = soon(self.0.read_u8()).await.expect("more");
            read.push(byte);
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Reads until the host closes the connection.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut read = Vec::new();
        let ended = soon(self.0.read_to_end(&mut read)).await;
        let text = String::from_utf8_lossy(&read).into_owned();
        ended.unwrap_or_else(|e| panic!("{e} after: {text}"));
        text
    }

    /// Whether the host closes the connection; what it says before does not matter.
    pub(crate) async fn is_cut_off(&mut self) -> bool {
        let mut byte = [0_u8; 1];
        loop {
            match soon(self.0.read(&mut byte)).await {
                Ok(0) | Err(_) => return true,
                Ok(_) => {}
            }
        }
    }
}
