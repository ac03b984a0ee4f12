//! The door of a module: what every call from a carrier passes before it reaches the module.
//!
//! It is the callee's own guard, whatever the caller's router did: who is it, may it, is there time and room. Behind
//! it the module runs as it does for a local caller.

use std::sync::Arc;

use outgrow::{
    BoxFuture, CallContext, CallError, CauseKind, CommitError, Dispatch, Kind, Message as _, Method,
    PortDesc, Reply,
    event::{Accepted, Delivery, StreamDesc},
};

use crate::{Figures, Policies, events::Inbox, guard};

/// A served port, guarded.
pub struct Door {
    port: Arc<dyn Dispatch>,
    inbox: Option<(&'static [&'static StreamDesc], Arc<dyn Inbox>)>,
    policies: Policies,
    figures: Arc<Figures>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Door({})", self.port.port())
    }
}

impl Door {
    /// The door of `port`.
    pub fn new(port: Arc<dyn Dispatch>, policies: Policies) -> Self {
        Self { port, inbox: None, policies, figures: Arc::default() }
    }

    /// The same, which also takes in the events of these streams.
    #[must_use]
    pub fn hearing(self, streams: &'static [&'static StreamDesc], inbox: Arc<dyn Inbox>) -> Self {
        Self { inbox: Some((streams, inbox)), ..self }
    }

    /// What is measured of the calls that carriers brought.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }

    async fn admit(&self, method: &'static Method, cx: &CallContext, body: &[u8]) -> Reply {
        if method.is_contract() {
            return self.port.dispatch(method, cx, body).await; // what is said of it is for everybody
        }
        if method.is_delivery() {
            return self.take_in(method, cx, body).await;
        }
        let mut cx = cx.hop(self.policies.budget);
        let place = self.policies.admit(&cx, method)?;
        let deadline = cx.deadline();
        cx.enter(method);
        match method.kind {
            Kind::Query => guard::query(method, deadline, self.port.dispatch(method, &cx, body)).await,
            Kind::Idempotent | Kind::Once => {
                let (port, body) = (Arc::clone(&self.port), body.to_vec());
                let work = async move {
                    let reply = port.dispatch(method, &cx, &body).await;
                    drop(place);
                    reply
                };
                guard::command(method, deadline, work).await
            }
        }
    }

    /// Puts events into the module's inbox, if they are of streams that it listens to and come from who publishes
    /// them.
    async fn take_in(&self, method: &'static Method, cx: &CallContext, body: &[u8]) -> Reply {
        let not = |kind, why: String| Err(CallError::not_executed(kind, why));
        let module = method.module();
        let Some((streams, inbox)) = &self.inbox else {
            return not(CauseKind::Unserved, format!("{module} listens to nothing"));
        };
        let events = match Delivery::from_bytes(body) {
            Ok(delivery) => delivery.events,
            Err(error) => return not(CauseKind::BadRequest, error.to_string()),
        };
        for event in &events {
            match streams.iter().find(|stream| stream.to_string() == event.stream) {
                None => {
                    let why = format!("{module} does not listen to `{}`", event.stream);
                    return not(CauseKind::Unserved, why);
                }
                Some(stream) if stream.module() != cx.caller() => {
                    let why = format!("{} does not publish `{stream}` (ADR 0007)", cx.caller());
                    return not(CauseKind::Denied, why);
                }
                Some(_) => {}
            }
            if let Some(why) = event.unfit() {
                return not(CauseKind::BadRequest, format!("the event {} cannot be kept: {why}", event.id));
            }
        }
        guard::begin(cx.deadline())?;
        let (inbox, place) = (Arc::clone(inbox), self.policies.bulkhead.enter()?);
        let work = async move {
            let accepted = inbox.accept(&events).await;
            drop(place);
            match accepted {
                Ok(()) => Ok(Accepted {}.to_bytes()),
                Err(CommitError::InDoubt(error)) => Err(error_of(CallError::in_doubt, &error)),
                Err(CommitError::NotCommitted(error)) => Err(error_of(CallError::not_executed, &error)),
                Err(CommitError::Conflict) => {
                    Err(CallError::not_executed(CauseKind::Storage, "somebody else was first"))
                }
            }
        };
        guard::command(method, cx.deadline(), work).await
    }
}

fn error_of<E>(
    failure: impl FnOnce(CauseKind, String) -> CallError<E>,
    error: &outgrow::StoreError,
) -> CallError<E> {
    let why = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    failure(CauseKind::Storage, why)
}

impl Dispatch for Door {
    fn port(&self) -> &'static PortDesc {
        self.port.port()
    }

    fn streams(&self) -> &'static [&'static StreamDesc] {
        self.inbox.as_ref().map_or(&[], |(streams, _)| streams)
    }

    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        cx: &'a CallContext,
        body: &'a [u8],
    ) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            let begun = self.figures.sample();
            let reply = self.admit(method, cx, body).await;
            if !method.is_contract() {
                self.figures.count(begun, &reply);
            }
            reply
        })
    }
}
