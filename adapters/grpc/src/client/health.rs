//! Whether a peer says that it serves (`grpc.health.v1`). A connection alone says little: the kernel of a frozen
//! process still accepts.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;

use super::{departure::Departure, link::Link, peer::Peer};
use crate::{frame, status};

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// `HealthCheckResponse { status: SERVING }`.
const SERVING: &[u8] = &[8, 1];

/// More than any answer has.
const LIMIT: usize = 64;

const OK: &str = "0";
const UNIMPLEMENTED: &str = "12";

/// What a peer answers to the question whether it serves. One that does not know the question is there, too.
pub(super) async fn serves(peer: &Peer, link: &Arc<Link>) -> bool {
    let Some((status, answer)) = ask(peer, link).await else { return false };
    match &*status {
        OK => frame::unwrap(answer).is_ok_and(|answer| answer == SERVING),
        status => status == UNIMPLEMENTED,
    }
}

async fn ask(peer: &Peer, link: &Arc<Link>) -> Option<(String, Bytes)> {
    let question = Departure::default().body(frame::wrap(Bytes::new(), LIMIT)?);
    let request = Peer::post(peer.uri(CHECK).ok()?, question);
    let response = link.connection().await.ok()?.send_request(request).await.ok()?;
    let (head, body): (_, Incoming) = response.into_parts();
    let (answer, trailers) = frame::collect(body, LIMIT).await.ok()?;
    let status = trailers.unwrap_or(head.headers).get(&status::STATUS)?.to_str().ok()?.to_owned();
    Some((status, answer))
}
