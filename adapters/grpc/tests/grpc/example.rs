//! A port that does as it is told, served and called over gRPC.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use adapter_grpc::{GrpcAddress, GrpcServer, GrpcTransport, Limits, ServeError};
use async_trait::async_trait;
use outgrow::{Answer, CallContext, CallError, CauseKind, Port as _, Remote, Served, Unread, Wire, port};
use outgrow_testkit::{LoopbackAddr, SequentialIds};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

/// Longer than any test should take.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// Does as it is told.
#[port("example.v1")]
pub(super) trait Example {
    /// Answers with what it was given, unless told otherwise.
    #[query]
    async fn echo(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal>;

    /// The same, as a command.
    #[command(idempotent)]
    async fn put(&self, cx: &CallContext, request: Text) -> Answer<Text, ExampleRefusal>;
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Wire)]
pub(super) struct Text {
    /// What to do.
    #[wire(1)]
    pub(super) text: String,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
pub(super) enum ExampleRefusal {
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

pub(super) fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}

/// A context with time enough.
pub(super) fn cx() -> CallContext {
    CallContext::new("tests", Uuid::from_u128(1)).within(LONG)
}

/// The module behind the port.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Calls that have begun to hang.
    pub(super) hanging: AtomicUsize,
    /// Calls that were dropped while they hung.
    pub(super) dropped: AtomicUsize,
    /// Lets those that hang go on.
    pub(super) release: Notify,
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
}

/// A server of the port. There is no door before the module: these tests want to see the carrier alone.
pub(super) struct Server {
    pub(super) address: GrpcAddress,
    pub(super) module: Arc<Module>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::limited(Limits::default()).await
    }

    pub(super) async fn limited(limits: Limits) -> Self {
        let address = format!("grpc://{}:0", LoopbackAddr::new().ip());
        Self::at(&address.parse().unwrap(), limits, Duration::from_millis(300)).await
    }

    pub(super) async fn at(address: &GrpcAddress, limits: Limits, drain: Duration) -> Self {
        let listener = GrpcServer::bind(address).await.unwrap();
        let address = format!("grpc://{}", listener.local_addr().unwrap()).parse().unwrap();
        let module = Arc::<Module>::default();
        let port: Arc<dyn Example> = Arc::<Module>::clone(&module);
        let server =
            GrpcServer::new(vec![Arc::new(Served(port))], Arc::new(SequentialIds::default())).limits(limits);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.serve(listener, async { drop(stopped.await) }, drain));
        Self { address, module, stop, ended }
    }

    /// The port, called over gRPC.
    pub(super) fn client(&self) -> Arc<dyn Example> {
        client(&self.address)
    }

    /// Asks it to stop; what it ends with.
    pub(super) fn stop(self) -> JoinHandle<Result<(), ServeError>> {
        drop(self.stop);
        self.ended
    }
}

/// The port, called over gRPC at this address.
pub(super) fn client(address: &GrpcAddress) -> Arc<dyn Example> {
    via(GrpcTransport::connect(address))
}

/// The port, called over this transport.
pub(super) fn via(transport: GrpcTransport) -> Arc<dyn Example> {
    <dyn Example>::via(Remote(Arc::new(transport)))
}

/// What a failure says: whether it was executed, and why.
pub(super) fn verdict<T: std::fmt::Debug>(answer: Answer<T, ExampleRefusal>) -> (&'static str, CauseKind) {
    match answer {
        Err(CallError::NotExecuted(cause)) => ("not executed", cause.kind),
        Err(CallError::InDoubt(cause)) => ("in doubt", cause.kind),
        other => panic!("expected a failure with a cause, not {other:?}"),
    }
}
