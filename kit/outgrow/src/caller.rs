//! Callers: everything that can stand between a module and the port it calls.
//!
//! A [`Caller`] is written once and works for every port: a router, the client of a carrier, a recorder, a stub.
//! [`Via`] turns any of them back into the port's own trait.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Answer, BoxFuture, CallContext, CallError, CauseKind, Dispatch, Message, Method, Refusal, Reply,
    WireError,
};

/// How a typed call is answered. Written once for all ports.
pub trait Caller<P: ?Sized>: Send + Sync {
    /// Answers `request`; `local` is how the port itself would do it in this process.
    fn call<'a, Q: Message, T: Message, E: Refusal>(
        &'a self,
        cx: &'a CallContext,
        method: &'static Method,
        request: Q,
        local: Local<P, Q, T, E>,
    ) -> BoxFuture<'a, Answer<T, E>>;
}

/// One method of a port as a plain function.
pub type Local<P, Q, T, E> = for<'x> fn(&'x P, &'x CallContext, Q) -> BoxFuture<'x, Answer<T, E>>;

/// Any port, answered by a [`Caller`].
#[derive(Debug)]
pub struct Via<C>(pub C);

/// One call on its way to wherever the port is.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// What is called.
    pub method: &'static Method,
    /// By whom, for whom, until when.
    pub cx: &'a CallContext,
    /// The encoded request.
    pub body: Bytes,
}

/// Carries calls to one destination. Every carrier implements this; none knows a port.
pub trait Transport: Send + Sync {
    /// Sends one call and waits for its reply, at most as long as the context's time budget.
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply>;

    /// A number that changes whenever somebody else may be at the other end than before.
    fn peer(&self) -> u64 {
        0
    }

    /// Whether somebody is there and serves right now. For people to look at: no call depends on it.
    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(true))
    }
}

/// The client of every port.
#[derive(Clone)]
pub struct Remote(pub Arc<dyn Transport>);

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remote")
    }
}

impl<P: ?Sized> Caller<P> for Remote {
    fn call<'a, Q: Message, T: Message, E: Refusal>(
        &'a self,
        cx: &'a CallContext,
        method: &'static Method,
        request: Q,
        _local: Local<P, Q, T, E>,
    ) -> BoxFuture<'a, Answer<T, E>> {
        let body = request.to_bytes();
        Box::pin(async move { typed(method, self.0.send(Envelope { method, cx, body }).await) })
    }
}

/// In this process, but through the wire: finds what cannot be serialised before a carrier is involved.
pub struct Loopback(pub Arc<dyn Dispatch>);

impl std::fmt::Debug for Loopback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Loopback({})", self.0.port())
    }
}

impl Transport for Loopback {
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(async move { self.0.dispatch(envelope.method, envelope.cx, &envelope.body).await })
    }
}

/// Makes a carrier's reply the method's own answer.
pub fn typed<T: Message, E: Refusal>(method: &'static Method, reply: Reply) -> Answer<T, E> {
    // It did run: an answer that cannot be read is not a failure to execute.
    let unreadable = |what: &str, error: WireError| {
        CallError::in_doubt(CauseKind::BadAnswer, format!("{what} of {method}: {error}"))
    };
    match reply {
        Ok(body) => T::from_bytes(&body).map_err(|error| unreadable("the answer", error)),
        Err(CallError::Refused(raw)) => match E::from_bytes(&raw.body) {
            Ok(refusal) => Err(CallError::Refused(refusal)),
            Err(error) => Err(unreadable("the refusal", error)),
        },
        Err(CallError::NotExecuted(cause)) => Err(CallError::NotExecuted(cause)),
        Err(CallError::InDoubt(cause)) => Err(CallError::InDoubt(cause)),
    }
}
