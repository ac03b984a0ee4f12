//! A port that does as it is told, behind whatever carries its calls.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use outgrow::{Answer, CallContext, CallError, CauseKind, Unread, Wire, port};
use tokio::sync::Notify;
use uuid::Uuid;

/// Longer than any test should take.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Does as it is told.
#[port("example.v1")]
pub(crate) trait Example {
    /// Answers with what it was given, unless told otherwise.
    #[query]
    async fn echo(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal>;

    /// The same, as a command.
    #[command(idempotent)]
    async fn put(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal>;

    /// The same, as a command that must not be repeated.
    #[command(once)]
    async fn shout(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal>;
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Wire)]
pub(crate) struct Text {
    /// What to do.
    #[wire(1)]
    pub(crate) text: String,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
pub(crate) enum ExampleRefusal {
    /// Because.
    #[error("no, {why}")]
    #[wire(1)]
    No {
        /// Because.
        #[wire(1)]
        why: String,
    },
    /// A newer version knows.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

pub(crate) fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}

/// A context with time enough.
pub(crate) fn cx() -> CallContext {
    CallContext::new("tests", Uuid::from_u128(1)).within(LONG)
}

/// The module behind the port.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Calls that have begun to hang.
    pub(crate) hanging: AtomicUsize,
    /// Calls that were dropped while they hung.
    pub(crate) dropped: AtomicUsize,
    /// Lets those that hang go on.
    pub(crate) release: Notify,
}

/// Counts itself when it is dropped before it was released.
struct Hanging<'m>(Option<&'m AtomicUsize>);

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        if let Some(dropped) = self.0 {
            dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Module {
    async fn obey(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal> {
        let (order, rest) = request.text.split_once(' ').unwrap_or((&request.text, ""));
        match order {
            "refuse" => Err(CallError::Refused(ExampleRefusal::No { why: rest.to_owned() })),
            "newer" => Err(CallError::Refused(ExampleRefusal::Other(Unread::new(7, rest.as_bytes())))),
            "not-executed" => Err(CallError::not_executed(CauseKind::from_code(rest), "as told")),
            "in-doubt" => Err(CallError::in_doubt(CauseKind::from_code(rest), "as told")),
            "babble" => Err(CallError::not_executed(CauseKind::Storage, "ü".repeat(10_000))),
            "panic" => panic!("as told"),
            "context" => Ok(Text { text: describe(cx) }),
            "long" => Ok(Text { text: "x".repeat(rest.parse().unwrap()) }),
            "hang" => {
                let mut guard = Hanging(Some(&self.dropped));
                self.hanging.fetch_add(1, Ordering::SeqCst);
                self.release.notified().await;
                guard.0 = None;
                Ok(request)
            }
            _ => Ok(request),
        }
    }
}

fn describe(cx: &CallContext) -> String {
    let mut all = format!("caller={} correlation={}", cx.caller(), cx.correlation());
    for (name, value) in [
        ("causation", cx.causation().map(|id| id.to_string())),
        ("trace", cx.trace().map(|trace| trace.to_string())),
        ("principal", cx.principal().map(str::to_owned)),
        ("key", cx.key().map(ToString::to_string)),
        ("minutes", cx.remaining().map(|left| (left.as_secs() / 60).to_string())),
    ] {
        write!(all, " {name}={}", value.unwrap_or_else(|| "-".to_owned())).unwrap();
    }
    all
}

#[async_trait]
impl Example for Module {
    async fn echo(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal> {
        self.obey(cx, request).await
    }

    async fn put(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal> {
        self.obey(cx, request).await
    }

    async fn shout(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal> {
        self.obey(cx, request).await
    }
}

/// What a failure says: whether it was executed, and why.
pub(crate) fn verdict<T: std::fmt::Debug>(answer: Answer<T, ExampleRefusal>) -> (&'static str, CauseKind) {
    match answer {
        Err(CallError::NotExecuted(cause)) => ("not executed", cause.kind),
        Err(CallError::InDoubt(cause)) => ("in doubt", cause.kind),
        other => panic!("expected a failure with a cause, not {other:?}"),
    }
}
