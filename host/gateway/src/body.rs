//! A body, read within size and time.
//!
//! What is gathered here is overwritten with zeros when it is dropped, also the smaller buffers that it
//! outgrew. The bytes come through hyper's read buffer, which is reused and freed without being
//! overwritten: that much of a body is in the process's memory until something else is.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use weft_intake::{Problem, ProblemCode};
use zeroize::Zeroizing;

/// What a buffer begins with: most bodies fit. No more is set aside for what is only announced.
const FIRST_BYTES: usize = 4 * 1024;

/// Reads a body. One that is announced to be too large is not read at all.
pub(crate) async fn read(
    mut body: Incoming,
    most: usize,
    within: Duration,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > most {
        return Err(too_large(most));
    }
    let gather = gather(&mut body, most);
    match tokio::time::timeout(within, gather).await {
        Ok(gathered) => gathered,
        Err(_) => Err(
            Problem::new(ProblemCode::Timeout, "the body did not arrive in time")
                .help("send it again"),
        ),
    }
}

async fn gather(body: &mut Incoming, most: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let mut gathered = Zeroizing::new(Vec::with_capacity(FIRST_BYTES.min(most)));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(ProblemCode::Malformed, "the body ended before it was whole")
        })?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if data.len() > most - gathered.len() {
            return Err(too_large(most));
        }
        append(&mut gathered, data, most);
    }
    Ok(gathered)
}

/// A vector that grows by itself would leave its old bytes behind.
fn append(gathered: &mut Zeroizing<Vec<u8>>, data: &[u8], most: usize) {
    let needed = gathered.len() + data.len();
    if needed > gathered.capacity() {
        let capacity = needed.max(gathered.capacity().saturating_mul(2)).min(most);
        let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
        larger.extend_from_slice(gathered);
        *gathered = larger;
    }
    gathered.extend_from_slice(data);
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        ProblemCode::BodyTooLarge,
        format!("a body has at most {most} bytes"),
    )
    .help("send fewer transactions in one message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_never_grows_by_itself() {
        let mut gathered = Zeroizing::new(Vec::with_capacity(4));
        for _ in 0..100 {
            append(&mut gathered, b"abc", 300);
            assert!(gathered.capacity() <= 600);
        }
        assert_eq!(gathered.as_slice(), "abc".repeat(100).as_bytes());
    }
}
