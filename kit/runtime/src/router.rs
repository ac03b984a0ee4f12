//! Which way one call takes: written once, for every port.
//!
//! A [`Router`] is a [`Caller`]. What concerns the call stands above the route (authorisation, deadline, bulkhead,
//! retry), so a local call obeys it as a remote one does; what concerns one target (its figures, later its breaker)
//! stands below. Without policies the local way adds nothing: the module's own future is returned.
//!
//! The local port is a fixed field; only the route is swapped. A request becomes bytes at its first remote attempt.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use outgrow::{
    Answer, BoxFuture, CallContext, CallError, Caller, Cause, CauseKind, Envelope, Kind, Local, Message,
    Method, Port, Refusal, Reply, port::raw_refusal, typed,
};

use crate::{Figures, Policies, Target, guard, policy::repeatable};

/// The way calls take now.
#[derive(Clone, Debug)]
pub enum Route {
    /// To the port in this process.
    Local,
    /// To these targets, first preferred; the next when one cannot be reached.
    Remote(Vec<Arc<Target>>),
}

/// Answers the calls to one port by the way they are to take.
#[derive(Debug)]
pub struct Router<P: ?Sized> {
    local: Option<Arc<P>>,
    local_figures: Arc<Figures>,
    to_local: AtomicBool,
    route: ArcSwap<Route>,
    policies: Option<Policies>,
}

impl<P: ?Sized + Port> Router<P> {
    /// A router that adds nothing to its route.
    pub fn bare(local: Option<Arc<P>>, route: Route) -> Self {
        Self {
            local,
            local_figures: Arc::default(),
            to_local: AtomicBool::new(matches!(route, Route::Local)),
            route: ArcSwap::from_pointee(route),
            policies: None,
        }
    }

    /// A router with policies.
    pub fn new(local: Option<Arc<P>>, route: Route, policies: Policies) -> Self {
        Self { policies: Some(policies), ..Self::bare(local, route) }
    }

    /// Sends the calls that come from now on another way. Those under way end as they began.
    pub fn reroute(&self, route: Route) {
        self.to_local.store(matches!(route, Route::Local), Ordering::Release);
        self.route.store(Arc::new(route));
    }

    /// What is measured of the port in this process.
    pub fn local_figures(&self) -> Arc<Figures> {
        Arc::clone(&self.local_figures)
    }

    fn local(&self) -> Option<&Arc<P>> {
        if self.to_local.load(Ordering::Acquire) { self.local.as_ref() } else { None }
    }

    fn target(&self, attempt: u32) -> Option<Arc<Target>> {
        match &**self.route.load() {
            Route::Local => None,
            Route::Remote(targets) => {
                let turn = usize::try_from(attempt).unwrap_or_default().checked_rem(targets.len())?;
                targets.get(turn).map(Arc::clone)
            }
        }
    }

    /// Counts an answer. A refusal too large for some placement is too large for all.
    fn counted<T, E: Refusal>(
        &self,
        method: &'static Method,
        begun: Option<Instant>,
        mut answer: Answer<T, E>,
    ) -> Answer<T, E> {
        if let Err(CallError::Refused(refusal)) = &answer
            && let CallError::InDoubt(too_large) = raw_refusal(method, refusal)
        {
            answer = Err(CallError::InDoubt(too_large));
        }
        self.local_figures.count(begun, &answer);
        answer
    }

    /// Sends an encoded request until it is answered, or must not or need not be sent again.
    async fn remote(
        &self,
        policies: &Policies,
        cx: &CallContext,
        method: &'static Method,
        body: Bytes,
    ) -> Reply {
        let mut doubt = None;
        for attempt in 0.. {
            let failure = match self.attempt(cx, method, body.clone(), attempt).await {
                Err(failure) => failure,
                reply => return reply,
            };
            let pause = policies.retry.pause(attempt + 1);
            let in_time = cx.deadline().is_none_or(|deadline| Instant::now() + pause < deadline);
            if !repeatable(method.kind, &failure) || attempt + 1 >= policies.retry.attempts || !in_time {
                return Err(overall(method.kind, doubt, failure));
            }
            if let CallError::InDoubt(cause) = failure {
                doubt = Some(cause);
            }
            tokio::time::sleep(pause).await;
        }
        Err(unserved(method))
    }

    async fn attempt(&self, cx: &CallContext, method: &'static Method, body: Bytes, attempt: u32) -> Reply {
        guard::begin(cx.deadline())?;
        if let Some(target) = self.target(attempt) {
            let begun = Instant::now();
            if !target.is_met()
                && let Err(failure) = Box::pin(target.meet(P::DESC, cx)).await
            {
                target.figures.count(Some(begun), &Reply::Err(failure.clone()));
                return Err(failure);
            }
            let reply = target.transport.send(Envelope { method, cx, body }).await;
            target.figures.count(Some(begun), &reply);
            return reply;
        }
        // The route was swapped to local while this call was under way.
        let Some(port) = self.local.clone() else { return Err(unserved(method)) };
        let (deadline, mut cx) = (cx.deadline(), cx.clone());
        cx.enter(method);
        guard::command(method, deadline, async move { port.dispatch(method, &cx, &body).await }).await
    }
}

impl<P: ?Sized + Port> Caller<P> for Router<P> {
    fn call<'a, Q: Message, T: Message, E: Refusal>(
        &'a self,
        cx: &'a CallContext,
        method: &'static Method,
        request: Q,
        local: Local<P, Q, T, E>,
    ) -> BoxFuture<'a, Answer<T, E>> {
        // Each way is a future of its own: in one for all, a query would pay for the room that a retry needs.
        match (&self.policies, self.local()) {
            (Some(policies), Some(port)) if method.kind == Kind::Query => Box::pin(async move {
                let mut cx = cx.hop(policies.budget);
                let _place = policies.admit(&cx, method)?;
                let begun = self.local_figures.sample();
                cx.enter(method);
                let answer = guard::query(method, cx.deadline(), local(port, &cx, request)).await;
                self.counted(method, begun, answer)
            }),
            (Some(policies), Some(port)) => {
                let port = Arc::clone(port);
                Box::pin(async move {
                    let mut cx = cx.hop(policies.budget);
                    let place = policies.admit(&cx, method)?;
                    let (begun, deadline) = (self.local_figures.sample(), cx.deadline());
                    cx.enter(method);
                    let work = async move {
                        let answer = local(&port, &cx, request).await;
                        drop(place); // not before it has ended, whoever still waits for it
                        answer
                    };
                    let answer = guard::command(method, deadline, work).await;
                    self.counted(method, begun, answer)
                })
            }
            (Some(policies), None) => Box::pin(async move {
                let cx = cx.hop(policies.budget);
                let _place = policies.admit(&cx, method)?;
                typed(method, self.remote(policies, &cx, method, request.to_bytes()).await)
            }),
            (None, Some(port)) => local(port, cx, request),
            (None, None) => {
                let body = request.to_bytes();
                Box::pin(async move { typed(method, self.attempt(cx, method, body, 0).await) })
            }
        }
    }
}

/// What several attempts mean together: once in doubt, a later "not executed" does not undo what may have happened.
fn overall<E>(kind: Kind, doubt: Option<Cause>, last: CallError<E>) -> CallError<E> {
    match (doubt, last) {
        (Some(cause), CallError::NotExecuted(last))
            if kind != Kind::Query && last.kind != CauseKind::KeyReused =>
        {
            CallError::InDoubt(cause)
        }
        (_, last) => last,
    }
}

#[cold]
fn unserved<E>(method: &'static Method) -> CallError<E> {
    CallError::not_executed(CauseKind::Unserved, format!("no way to {method} from this process"))
}
