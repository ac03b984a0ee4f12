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
    http::{Method, Uri, header},
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use outgrow::IdGen;
use tower::{Layer, Service};
use tracing::{Instrument as _, Level, Span, span};
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
        let about = About { method: req.method().clone(), path: req.uri().clone(), of: call.correlation };
        let span = about.span();
        req.extensions_mut().insert(call.clone());
        let next = self.inner.call(req);
        let answer = async move {
            let response = match AssertUnwindSafe(next).catch_unwind().await {
                Ok(Ok(response)) => response,
                Err(panic) => Problem::internal(said(&*panic)).into_response(),
            };
            Ok(finish(response, &call, &about))
        };
        Box::pin(answer.instrument(span))
    }
}

/// What a line of the log says of the request it is about.
struct About {
    method: Method,
    path: Uri,
    of: Uuid,
}

/// The span of a request, at this level. Texts, not things to be displayed: few requests say anything in it.
macro_rules! request {
    ($level:expr, $about:expr) => {
        span!(
            $level,
            "request",
            method = $about.method.as_str(),
            path = $about.path.path(),
            correlation = &*$about.of.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
        )
    };
}

impl About {
    /// A request that only reads has one when debugging: it would cost more than all else the kit does for it, and what
    /// goes wrong is told [below](log), with the same fields.
    fn span(&self) -> Span {
        if self.method.is_safe() { request!(Level::DEBUG, self) } else { request!(Level::INFO, self) }
    }
}

fn finish(response: Response, call: &Call, about: &About) -> Response {
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
            let span = Span::current().is_disabled().then(|| request!(Level::INFO, about));
            span.unwrap_or_else(Span::none).in_scope(|| log(&problem));
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
