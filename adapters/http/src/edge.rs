//! What surrounds every request: its correlation id, the fence against panics, and the last word on errors.
//!
//! An error that leaves the edge is a problem, wherever it was made: a handler's own, a panic, an unknown path, a
//! wrong method, or a status that something answered without saying more. It is logged here, once.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use outgrow::IdGen;
use tower::{Layer, Service};
use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::{
    Problem,
    context::{CORRELATION, Call, KEY},
};

/// The layer that puts the edge around a route. (A service of its own: every request passes it, and axum's middleware
/// from a function clones what it surrounds.)
#[derive(Clone)]
pub(crate) struct Edge(pub(crate) Arc<dyn IdGen>);

impl<S> Layer<S> for Edge {
    type Service = Surrounded<S>;

    fn layer(&self, inner: S) -> Surrounded<S> {
        Surrounded { inner, ids: Arc::clone(&self.0) }
    }
}

#[derive(Clone)]
pub(crate) struct Surrounded<S> {
    inner: S,
    ids: Arc<dyn IdGen>,
}

impl<S> Service<Request> for Surrounded<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request) -> Self::Future {
        let call = Call::of(req.method(), req.headers(), &*self.ids);
        // Texts, not things to be displayed: every request has a span, and few say anything in it.
        let span = info_span!(
            "request",
            method = req.method().as_str(),
            path = req.uri().path(),
            correlation = &*call.correlation.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
        );
        req.extensions_mut().insert(call.clone());
        let next = self.inner.call(req);
        let answer = async move {
            let response = match AssertUnwindSafe(next).catch_unwind().await {
                Ok(Ok(response)) => response,
                Err(panic) => Problem::internal(said(&*panic)).into_response(),
            };
            Ok(finish(response, &call))
        };
        Box::pin(answer.instrument(span))
    }
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
