//! From what HTTP/2 brought back to a reply.

use std::error::Error;

use h2::Reason;
use http::{HeaderMap, Response, StatusCode};
use hyper::body::Incoming;
use outgrow::{CallError, CauseKind, Method, Reply};

use super::peer::chain;
use crate::{
    frame::{self, Unreadable},
    status::{self, Failure},
};

/// Reads a response to its end.
pub(super) async fn read(response: Response<Incoming>, method: &'static Method) -> Reply {
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(CallError::in_doubt(CauseKind::Lost, format!("the answer is HTTP {}", head.status)));
    }
    if failed(&head.headers) {
        return Err(status::decode(head.headers, method));
    }
    let (data, trailers) =
        frame::collect(body, frame::MAX_MESSAGE).await.map_err(|error| unreadable(&error))?;
    let status = trailers.unwrap_or(head.headers);
    match status.get(&status::STATUS) {
        Some(code) if code == "0" => frame::unwrap(data).map_err(|error| unreadable(&error)),
        _ => Err(status::decode(status, method)),
    }
}

/// Whether the headers already hold a failure: a peer that has nothing else to say sends no trailers.
fn failed(headers: &HeaderMap) -> bool {
    headers.get(&status::STATUS).is_some_and(|code| code != "0")
}

/// The connection or the stream broke before there was an answer.
pub(super) fn broken(error: &hyper::Error) -> Failure {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<h2::Error>().is_some_and(not_looked_at) {
            return CallError::not_executed(CauseKind::Unreachable, format!("not accepted: {error}"));
        }
        cause = error.source();
    }
    CallError::in_doubt(CauseKind::Lost, chain(error))
}

/// What HTTP/2 lets a peer say of calls it has not looked at (RFC 9113, 6.8 and 8.7).
fn not_looked_at(error: &h2::Error) -> bool {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    let left = error.is_go_away() && error.is_remote() && error.reason() == Some(Reason::NO_ERROR);
    refused || left
}

/// It ran, but its answer did not come whole.
fn unreadable(error: &Unreadable) -> Failure {
    let kind = if matches!(error, Unreadable::Broken(_)) { CauseKind::Lost } else { CauseKind::BadAnswer };
    CallError::in_doubt(kind, chain(error))
}
