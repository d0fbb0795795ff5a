//! A running host, for those who run it: where it is, and the token that lets in.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::Args;
use hyper::Method;
use hyper::body::Bytes;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::client::{Client, Question};
use crate::exit::Failed;
use crate::output;
use crate::places::Places;

/// The variable with an operator's token.
const TOKEN: &str = "WEFT_OPERATOR";
/// The port of hosts whose address says none.
const PORT: u16 = 8787;
/// Bytes of a file with a token.
const MAX_TOKEN_BYTES: usize = 4_096;

/// A running host.
#[derive(Args, Debug)]
#[command(next_help_heading = "Host")]
pub(crate) struct Remote {
    /// Where it listens.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8787")]
    host: String,
    /// A file with the token of a caller; most orders are for the role operator [default: the variable WEFT_OPERATOR].
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A running host, or the directory of one that is stopped.
#[derive(Args, Debug)]
pub(crate) struct Where {
    /// In the data directory itself; no host may run on it.
    #[arg(long, conflicts_with_all = ["host", "token_file"])]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// Why something changes, for the audit log.
#[derive(Args, Debug)]
pub(crate) struct Why {
    /// Why, in a line; it stands in the audit log in clear.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

impl Remote {
    /// What the host says at a path.
    pub(crate) fn get(&self, path: &str) -> Result<Json, Failed> {
        self.ask(Method::GET, path, Bytes::new())
    }

    /// What the host says to an order.
    pub(crate) fn order(&self, method: Method, path: &str, body: &Json) -> Result<Json, Failed> {
        self.ask(method, path, Bytes::from(body.to_string()))
    }

    fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Json, Failed> {
        let token = self.token()?;
        let address = address(&self.host)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let answer = runtime.block_on(async {
            let mut client = Client::connect(address).await?;
            let question = Question {
                method,
                path,
                token: Some(&token),
                content_type: Some("application/json"),
                body,
            };
            client.ask(question).await
        })?;
        let said: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return Ok(said);
        }
        Err(refused(answer.status.as_u16(), &said))
    }

    fn token(&self) -> Result<Zeroizing<String>, Failed> {
        let text = match &self.token_file {
            Some(file) => {
                let why = |error| Failed::because(format!("{}: {error}", file.display()));
                Zeroizing::new(std::fs::read_to_string(file).map_err(why)?)
            }
            None => Zeroizing::new(std::env::var(TOKEN).map_err(|_| {
                Failed::because(
                    "no token: name a file with --token-file, or put the token of a caller with the role operator \
                     into WEFT_OPERATOR; `weft token new NAME --role operator` makes one",
                )
            })?),
        };
        let token = Zeroizing::new(text.trim().to_owned());
        let fits = (1..=MAX_TOKEN_BYTES).contains(&token.len());
        if fits && token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(token);
        }
        Err(Failed::because(
            "this is no token: a token is one line without spaces, as `weft token new` printed it",
        ))
    }
}

/// The first address of a host.
fn address(host: &str) -> Result<SocketAddr, Failed> {
    if host.starts_with("https://") {
        return Err(Failed::because(
            "a host speaks HTTP, and TLS is ended in front of it: name the address on which it listens itself, for \
             example http://127.0.0.1:8787",
        ));
    }
    let name = host.strip_prefix("http://").unwrap_or(host);
    let name = name.strip_suffix('/').unwrap_or(name);
    let named = match name.to_socket_addrs() {
        Ok(found) => Ok(found),
        // The port may be left out.
        Err(_) => (name, PORT).to_socket_addrs(),
    };
    let unknown = || {
        Failed::because(format!(
            "{host} leads to no address; write http://ADDRESS:PORT, as the host said when it was ready"
        ))
    };
    named.map_err(|_| unknown())?.next().ok_or_else(unknown)
}

/// Tells a problem, with everything that is wrong in files, and fails.
fn refused(status: u16, said: &Json) -> Failed {
    let text = |of: &Json, name: &str| of[name].as_str().unwrap_or_default().to_owned();
    for one in said["problems"].as_array().into_iter().flatten() {
        let help = text(one, "help");
        let help = if help.is_empty() {
            help
        } else {
            format!(" ({help})")
        };
        output::aside(&format!(
            "{}:{}:{}: error[{}]: {}{help}",
            text(one, "file"),
            one["line"],
            one["column"],
            text(one, "code"),
            text(one, "message"),
        ));
    }
    let detail = match text(said, "detail") {
        none if none.is_empty() => format!("the host answered {status} and said nothing of it"),
        detail => detail,
    };
    match text(said, "help") {
        help if help.is_empty() => Failed::because(detail),
        help => Failed::because(format!("{detail}; {help}")),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_host_is_named_with_or_without_scheme_and_port() {
        for (host, expected) in [
            ("http://127.0.0.1:80", Some("127.0.0.1:80")),
            ("127.0.0.1:80/", Some("127.0.0.1:80")),
            ("127.0.0.1", Some("127.0.0.1:8787")),
            ("[::1]:80", Some("[::1]:80")),
            ("https://127.0.0.1", None),
            ("http://", None),
        ] {
            let found = address(host).ok().map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{host}");
        }
    }
}
