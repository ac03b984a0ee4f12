//! What surrounds every request: its correlation id, the fence against panics, and the last word on errors.
//!
//! An error that leaves the edge is a problem, wherever it was made: a handler's own, a panic, an unknown path, a
//! wrong method, or a status that something answered without saying more. It is logged here, once.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use outgrow::IdGen;
use tracing::{Instrument as _, info_span};

use crate::{
    Problem,
    context::{CORRELATION, Call, KEY},
};

pub(crate) async fn edge(State(ids): State<Arc<dyn IdGen>>, mut request: Request, next: Next) -> Response {
    let call = Call::of(request.headers(), &*ids);
    let span = info_span!(
        "request",
        method = %request.method(),
        path = request.uri().path(),
        correlation = %call.correlation,
    );
    request.extensions_mut().insert(call.clone());
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    let response = answer.unwrap_or_else(|panic| Problem::internal(said(&*panic)).into_response());
    span.in_scope(|| finish(response, &call))
}

fn finish(response: Response, call: &Call) -> Response {
    let (mut parts, body) = response.into_parts();
    let problem = parts.extensions.remove::<Problem>().or_else(|| {
        let failed = parts.status.is_client_error() || parts.status.is_server_error();
        let explained =
            parts.headers.get(header::CONTENT_TYPE).is_some_and(|media| media == "application/json");
        (failed && !explained).then(|| Problem::of_status(parts.status))
    });
    let mut response = match problem {
        None => Response::from_parts(parts, body),
        Some(problem) => {
            log(&problem);
            if let Some(key) = call.key_header().filter(|_| problem.names_key()) {
                parts.headers.insert(KEY, key);
            }
            problem.answer(parts.headers)
        }
    };
    if let Some(correlation) = call.correlation_header() {
        response.headers_mut().insert(CORRELATION, correlation);
    }
    response
}

/// What the client did wrong is of interest to who asks for it; what we did wrong, to everybody.
fn log(problem: &Problem) {
    let (status, kind) = (problem.status(), problem.type_uri());
    let cause = problem.cause().unwrap_or_default();
    match status.as_u16() {
        503 => tracing::warn!(status = status.as_u16(), %kind, cause, "not available"),
        500.. => tracing::error!(status = status.as_u16(), %kind, cause, "failed"),
        _ => tracing::debug!(status = status.as_u16(), %kind, cause, "refused"),
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let said =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", said.unwrap_or("without a word"))
}
