//! Couriers: who brings events to the inbox of a subscriber, wherever that is.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use outgrow::{
    CallContext, CallError, Cause, CauseKind, CommitError, Envelope, Message as _, PortDesc,
    event::{Delivery, Recorded},
};
use uuid::Uuid;

use super::Inbox;
use crate::Target;

/// How long one delivery may take.
const BUDGET: Duration = Duration::from_secs(5);

/// Brings events to one subscriber.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Where to, for people.
    fn place(&self) -> String;

    /// Delivers events, in any order, perhaps not for the first time. Repeating it is harmless.
    async fn deliver(&self, events: &[Recorded]) -> Taken;
}

/// What came of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The events that the subscriber certainly has. Nothing is known of the others: they are delivered again.
    pub events: Vec<Uuid>,
    /// Why it does not have all.
    pub trouble: Option<String>,
}

impl Taken {
    fn all(events: &[Recorded]) -> Self {
        Self { events: events.iter().map(|event| event.id).collect(), trouble: None }
    }

    /// None of them, and why.
    pub fn none(trouble: impl Into<String>) -> Self {
        Self { events: Vec::new(), trouble: Some(trouble.into()) }
    }
}

/// To a subscriber in this process.
pub struct Local(pub Arc<dyn Inbox>);

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Local")
    }
}

#[async_trait]
impl Courier for Local {
    fn place(&self) -> String {
        "local".to_owned()
    }

    async fn deliver(&self, events: &[Recorded]) -> Taken {
        match self.0.accept(events).await {
            Ok(()) => Taken::all(events),
            Err(error) => Taken::none(said(&error)),
        }
    }
}

/// To a subscriber elsewhere, by a call: whatever carries calls there carries events.
#[derive(Debug)]
pub struct Push {
    publisher: &'static str,
    subscriber: &'static PortDesc,
    targets: Vec<Arc<Target>>,
}

impl Push {
    /// From the module `publisher` to the module of the port `subscriber`, at the first of `targets` that is reached.
    pub fn new(publisher: &'static str, subscriber: &'static PortDesc, targets: Vec<Arc<Target>>) -> Self {
        Self { publisher, subscriber, targets }
    }
}

#[async_trait]
impl Courier for Push {
    fn place(&self) -> String {
        let names: Vec<_> = self.targets.iter().map(|target| &*target.name).collect();
        names.join(", ")
    }

    async fn deliver(&self, events: &[Recorded]) -> Taken {
        let Some(first) = events.first() else { return Taken::default() };
        let body = Delivery { events: events.to_vec() }.to_bytes();
        let cx = CallContext::new(self.publisher, first.correlation).within(BUDGET);
        let mut trouble = Some(format!("no way to {} from this process", self.subscriber.module()));
        for target in &self.targets {
            let envelope = Envelope { method: &self.subscriber.delivery, cx: &cx, body: body.clone() };
            match target.transport.send(envelope).await {
                Ok(_accepted) => return Taken::all(events),
                Err(failure) => {
                    let away = matches!(
                        &failure,
                        CallError::NotExecuted(Cause {
                            kind: CauseKind::Unreachable | CauseKind::Unserved,
                            ..
                        })
                    );
                    trouble = failure.why().map(ToString::to_string);
                    if !away {
                        break;
                    }
                }
            }
        }
        Taken { events: Vec::new(), trouble }
    }
}

/// A commit's error with its cause: it goes into a log as a whole.
pub(crate) fn said(error: &CommitError) -> String {
    match std::error::Error::source(error).and_then(std::error::Error::source) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
