//! What a running host is asked, and what came back.

use std::io::{BufRead, BufReader};

use serde_json::Value as Json;

use super::Host;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Of the body.
    pub content_type: String,
    /// After how many seconds to ask again, if that is said.
    pub retry_after: Option<String>,
    /// The names of all header fields, in order, with the values of those that are not of the moment: no date, no
    /// trace.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("no JSON in an answer {}: {e}", self.status))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Host {
    /// Asks for a decision with a JSON body.
    pub fn decide(&self, role: &str, body: &Json) -> Answer {
        self.post(role, "application/json", body.to_string().as_bytes(), &[])
    }

    /// Asks for a decision.
    pub fn post(&self, role: &str, media: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        self.try_post(role, media, body, headers)
            .unwrap_or_else(|why| panic!("no answer: {why}"))
    }

    /// Asks for a decision of a host that may go away meanwhile.
    pub fn try_post(
        &self,
        role: &str,
        media: &str,
        body: &[u8],
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        self.try_post_to("/v1/decisions", role, media, body, headers)
    }

    /// The same of a host that may go away meanwhile.
    pub fn try_ask(&self, path: &str, role: &str, body: &Json) -> Result<Answer, String> {
        let body = body.to_string();
        self.try_post_to(path, role, "application/json", body.as_bytes(), &[])
    }

    /// Sends a JSON body to a resource.
    pub fn post_to(&self, path: &str, role: &str, body: &Json) -> Answer {
        self.try_ask(path, role, body)
            .unwrap_or_else(|why| panic!("no answer: {why}"))
    }

    fn try_post_to(
        &self,
        path: &str,
        role: &str,
        media: &str,
        body: &[u8],
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let mut request = client()
            .post(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token(role)))
            .header("Content-Type", media);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body))
    }

    /// Reads a resource.
    pub fn get(&self, role: &str, path: &str) -> Answer {
        let request = client()
            .get(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token(role)));
        answer(request.call()).unwrap_or_else(|why| panic!("no answer: {why}"))
    }
}

/// A stream of server-sent events.
pub struct Stream(BufReader<ureq::BodyReader<'static>>);

impl Stream {
    /// The data of the next event, which has to be of this kind; nothing when the stream has ended.
    pub fn next(&mut self, kind: &str) -> Option<Json> {
        let mut is_kind = false;
        loop {
            let mut line = String::new();
            let read = self.0.read_line(&mut line);
            if read.unwrap_or_else(|why| panic!("the stream broke: {why}")) == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", event)) => is_kind = event == kind,
                Some(("data", data)) => {
                    assert!(is_kind, "an event of another kind: {data}");
                    return serde_json::from_str(data).ok();
                }
                _ => {}
            }
        }
    }
}

impl Host {
    /// Reads a stream of events; what is answered instead, if it is none.
    pub fn stream(&self, role: &str, path: &str) -> Result<Stream, Answer> {
        let request = client()
            .get(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token(role)));
        let got = request.call();
        match got {
            Ok(got) if got.status() == 200 => {
                let reader = got.into_body().into_reader();
                Ok(Stream(BufReader::new(reader)))
            }
            other => Err(answer(other).unwrap_or_else(|why| panic!("no answer: {why}"))),
        }
    }
}

fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut response = result.map_err(|e| e.to_string())?;
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|v| Some(v.to_str().ok()?.to_owned()));
    let of_the_moment = ["date", "traceparent"];
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        let value = Some(value.to_str().unwrap_or_default());
        let value = value.filter(|_| !of_the_moment.contains(&name.as_str()));
        (name.to_string(), value.unwrap_or_default().to_owned())
    };
    let headers = response.headers().iter().map(header).collect();
    let body = response
        .body_mut()
        .read_to_vec()
        .map_err(|e| e.to_string())?;
    Ok(Answer {
        status: response.status().as_u16(),
        content_type,
        retry_after,
        headers,
        body,
    })
}
