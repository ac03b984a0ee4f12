//! One call: found by its path, read, dispatched, answered.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method as Verb, Request, Response, header::CONTENT_TYPE};
use hyper::body::Incoming;
use outgrow::{CallContext, CallError, CauseKind, Dispatch, IdGen, Method, Reply};
use tokio::sync::Semaphore;

use super::{
    Limits,
    companions::Companions,
    reply::{self, ReplyBody},
};
use crate::{
    frame::{self, Unreadable},
    headers,
    status::Failure,
};

/// All that a server answers, by path.
pub(super) struct Mounted {
    methods: HashMap<Box<str>, (Arc<dyn Dispatch>, &'static Method)>,
    companions: Companions,
    places: Semaphore,
    limits: Limits,
    ids: Arc<dyn IdGen>,
}

impl Mounted {
    pub(super) fn new(
        ports: &[Arc<dyn Dispatch>],
        ids: Arc<dyn IdGen>,
        limits: Limits,
        companions: Companions,
    ) -> Self {
        let methods = ports.iter().flat_map(|port| port.port().served().map(move |method| (port, method)));
        let methods = methods.map(|(port, method)| (format!("/{method}").into(), (Arc::clone(port), method)));
        Self { methods: methods.collect(), companions, places: Semaphore::new(limits.calls), limits, ids }
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<ReplyBody> {
        let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
        if request.method() != Verb::POST || !kind.starts_with(reply::GRPC.as_bytes()) {
            return reply::not_grpc();
        }
        if let Some(companion) = self.companions.find(request.uri().path()) {
            return companion.answer(request).await;
        }
        reply::of(self.call(request).await, self.limits.message)
    }

    async fn call(&self, request: Request<Incoming>) -> Reply {
        let path = request.uri().path();
        let (port, method) = self.methods.get(path).ok_or_else(|| unserved(path))?;
        let _place = self.places.try_acquire().map_err(|_none_left| overloaded(self.limits.calls))?;
        plain(request.headers())?;
        let cx = headers::read(request.headers(), &*self.ids)?;
        let body = self.receive(&cx, request.into_body()).await?;
        port.dispatch(method, &cx, &body).await
    }

    /// Waits for the request itself, but not for a peer who never sends all of it.
    async fn receive(&self, cx: &CallContext, body: Incoming) -> Result<Bytes, Failure> {
        let patience = cx.remaining().unwrap_or(Duration::MAX).min(self.limits.arrival);
        let arrived = tokio::time::timeout(patience, frame::collect(body, self.limits.message)).await;
        let Ok(arrived) = arrived else {
            return Err(CallError::not_executed(CauseKind::Expired, "the request did not arrive in time"));
        };
        arrived.and_then(|(data, _trailers)| frame::unwrap(data)).map_err(|error| bad_request(&error))
    }
}

#[cold]
fn bad_request(error: &Unreadable) -> Failure {
    CallError::not_executed(CauseKind::BadRequest, error.to_string())
}

#[cold]
fn unserved(path: &str) -> Failure {
    CallError::not_executed(CauseKind::Unserved, format!("{path} is not served here"))
}

#[cold]
fn overloaded(limit: usize) -> Failure {
    CallError::not_executed(CauseKind::Overloaded, format!("{limit} calls are in flight already"))
}

/// Refuses what only looks like bytes we can read.
fn plain(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get("grpc-encoding") {
        Some(encoding) if encoding != "identity" => Err(CallError::not_executed(
            CauseKind::Unserved,
            format!("the encoding {encoding:?} is not served here"),
        )),
        _ => Ok(()),
    }
}
