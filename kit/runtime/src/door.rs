//! The door of a module: what every call from a carrier passes before it reaches the module.
//!
//! It is the callee's own guard, whatever the caller's router did: who is it, may it, is there time and room. Behind
//! it the module runs as it does for a local caller.

use std::sync::Arc;

use outgrow::{BoxFuture, CallContext, Dispatch, Kind, Method, PortDesc, Reply};

use crate::{Figures, Policies, guard};

/// A served port, guarded.
pub struct Door {
    port: Arc<dyn Dispatch>,
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
        Self { port, policies, figures: Arc::default() }
    }

    /// What is measured of the calls that carriers brought.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }

    async fn admit(&self, method: &'static Method, cx: &CallContext, body: &[u8]) -> Reply {
        if method.is_contract() {
            return self.port.dispatch(method, cx, body).await; // what is said of it is for everybody
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
}

impl Dispatch for Door {
    fn port(&self) -> &'static PortDesc {
        self.port.port()
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
