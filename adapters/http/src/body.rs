//! Reads the body of a request, of a bounded size and within a bounded time.
//!
//! A body that is too large is still read for a while, into nothing: a client that is answered while it writes, and
//! then finds its connection reset, never sees the answer.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::{BUDGET, Problem};

/// The largest body that is read, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How much more is read, into nothing, before the connection is given up.
const PATIENCE: usize = 16 * BODY_LIMIT;
const PATIENCE_TIME: Duration = Duration::from_secs(2);

pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    read_within(BUDGET, headers, body).await
}

async fn read_within(time: Duration, headers: &HeaderMap, mut body: Body) -> Result<Bytes, Problem> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT) {
        // Who asks first (`Expect: 100-continue`) has not begun to write.
        if !headers.contains_key(header::EXPECT) && announced <= Some(PATIENCE) {
            discard(body).await;
        }
        return Err(too_large());
    }
    let all = timeout(time, async {
        let mut all = BytesMut::with_capacity(announced.unwrap_or_default());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(broken)?;
            if let Some(data) = frame.data_ref() {
                if all.len().saturating_add(data.len()) > BODY_LIMIT {
                    return Ok(None);
                }
                all.extend_from_slice(data);
            }
        }
        Ok(Some(all.freeze()))
    });
    match all.await {
        Ok(Ok(Some(all))) => Ok(all),
        Ok(Ok(None)) => {
            discard(body).await;
            Err(too_large())
        }
        Ok(Err(problem)) => Err(problem),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "The body came too slowly")
            .detail(format!("A body has to arrive within {} seconds.", time.as_secs()))),
    }
}

async fn discard(mut body: Body) {
    let rest = async {
        let mut read = 0_usize;
        while let Some(Ok(frame)) = body.frame().await {
            read = read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if read > PATIENCE {
                return;
            }
        }
    };
    if timeout(PATIENCE_TIME, rest).await.is_err() {
        tracing::debug!("a client still sends a body that is too large");
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large")
        .detail(format!("A body has at most {BODY_LIMIT} bytes."))
}

fn broken(error: axum::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "broken-body", "The body broke off")
        .detail("The body did not arrive whole.")
        .because(error)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_too_slow() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let problem = read_within(Duration::from_millis(10), &HeaderMap::new(), body).await.unwrap_err();
        assert_eq!((problem.status().as_u16(), &*problem.type_uri()), (408, "urn:outgrow:problem:too-slow"));
    }
}
