//! A small port with every way to behave badly, and a carrier that fails as told.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use outgrow::{
    Answer, BoxFuture, CallContext, CallError, CauseKind, Dispatch, Envelope, Loopback, Method, ModuleSpec,
    Port as _, PortDesc, Reply, Served, Transport, Unread, Wire, port,
};
use outgrow_runtime::{Access, Door, Policies, Retry, Router, Target, router::Route};
use outgrow_testkit::until_async;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Says again what it is told.
#[port("echo.v1")]
pub(crate) trait Echo {
    /// Asks.
    #[query]
    async fn ask(&self, cx: &CallContext, request: Say) -> Answer<Said, EchoRefusal>;
    /// Tells.
    #[command(idempotent)]
    async fn tell(&self, cx: &CallContext, request: Say) -> Answer<Said, EchoRefusal>;
    /// Tells, and must not be repeated.
    #[command(once)]
    async fn shout(&self, cx: &CallContext, request: Say) -> Answer<Said, EchoRefusal>;
}

/// What to say. `refuse`, `refuse at length`, `panic` and `wait` do what they say.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct Say {
    #[wire(1)]
    pub(crate) words: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub(crate) struct Said {
    #[wire(1)]
    pub(crate) words: String,
    #[wire(2)]
    pub(crate) caller: String,
    #[wire(3)]
    pub(crate) timed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub(crate) enum EchoRefusal {
    #[error("no: {words}")]
    #[wire(1)]
    No {
        #[wire(1)]
        words: String,
    },
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

/// The port itself, counting how many calls began, how many ended, and how many are over either way.
#[derive(Debug)]
pub(crate) struct Parrot {
    /// One permit for each call that was asked to wait.
    pub(crate) may_go_on: Semaphore,
    pub(crate) begun: AtomicUsize,
    pub(crate) ended: AtomicUsize,
    pub(crate) over: AtomicUsize,
}

impl Default for Parrot {
    fn default() -> Self {
        let (begun, ended, over) = Default::default();
        Self { may_go_on: Semaphore::new(0), begun, ended, over }
    }
}

/// Counts a call that is over, also if it was cut in half.
struct Over<'a>(&'a AtomicUsize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Parrot {
    async fn say(&self, cx: &CallContext, words: String) -> Answer<Said, EchoRefusal> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let _over = Over(&self.over);
        match &*words {
            "refuse" => return Err(CallError::Refused(EchoRefusal::No { words })),
            "refuse at length" => {
                return Err(CallError::Refused(EchoRefusal::No { words: "no ".repeat(2000) }));
            }
            "panic" => panic!("as asked"),
            "wait" => self.may_go_on.acquire().await.unwrap().forget(),
            _ => {}
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
        Ok(Said { words, caller: cx.caller().to_owned(), timed: cx.deadline().is_some() })
    }
}

#[async_trait::async_trait]
impl Echo for Parrot {
    async fn ask(&self, cx: &CallContext, request: Say) -> Answer<Said, EchoRefusal> {
        self.say(cx, request.words).await
    }
    async fn tell(&self, cx: &CallContext, request: Say) -> Answer<Said, EchoRefusal> {
        self.say(cx, request.words).await
    }
    async fn shout(&self, cx: &CallContext, request: Say) -> Answer<Said, EchoRefusal> {
        self.say(cx, request.words).await
    }
}

/// A module that needs `echo.v1`.
pub(crate) static LISTENER: ModuleSpec = ModuleSpec {
    name: "listener",
    purpose: "Listens.",
    port: &PortDesc {
        package: "listener.v1",
        name: "Listener",
        doc: "",
        methods: &[],
        contract: Method::contract("listener.v1", "Listener"),
        delivery: Method::delivery("listener.v1", "Listener"),
    },
    older: &[],
    needs: &[<dyn Echo>::DESC],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};

pub(crate) fn policies() -> Policies {
    let retry =
        Retry { attempts: 4, first_pause: Duration::from_millis(1), longest_pause: Duration::from_millis(1) };
    Policies { retry, ..Policies::new(Access::to(<dyn Echo>::DESC, &[&LISTENER])) }
}

pub(crate) fn cx() -> CallContext {
    let key = "key".parse().unwrap();
    CallContext::new("listener", Uuid::nil()).with_key(key)
}

pub(crate) fn say(words: &str) -> Say {
    Say { words: words.to_owned() }
}

pub(crate) fn door(parrot: &Arc<Parrot>, policies: Policies) -> Arc<dyn Dispatch> {
    let port: Arc<dyn Echo> = parrot.clone();
    Arc::new(Door::new(Arc::new(Served(port)), policies))
}

/// The port on each placement that this crate knows: local, and through the wire to a door.
pub(crate) fn placements(policies: &Policies) -> Vec<(&'static str, Arc<Parrot>, Arc<dyn Echo>)> {
    let (here, there) = (Arc::new(Parrot::default()), Arc::new(Parrot::default()));
    let local = Router::new(Some(here.clone() as Arc<dyn Echo>), Route::Local, policies.clone());
    let target = Target::new("loopback", Arc::new(Loopback(door(&there, policies.apart()))));
    let loopback = Router::new(None, Route::Remote(vec![target]), policies.clone());
    vec![("local", here, <dyn Echo>::via(local)), ("loopback", there, <dyn Echo>::via(loopback))]
}

/// Waits until a count is no longer zero.
pub(crate) async fn some(count: &AtomicUsize) {
    until_async("it happened", Duration::from_secs(5), async || count.load(Ordering::SeqCst) > 0).await;
}

/// A carrier that fails as told, then carries.
pub(crate) struct Scripted {
    pub(crate) script: Mutex<VecDeque<CallError<outgrow::RawRefusal>>>,
    pub(crate) sent: AtomicUsize,
    pub(crate) then: Arc<dyn Dispatch>,
}

impl Scripted {
    pub(crate) fn new(script: Vec<CallError<outgrow::RawRefusal>>) -> (Arc<Self>, Arc<Parrot>) {
        let parrot = Arc::new(Parrot::default());
        let then = door(&parrot, policies());
        (Arc::new(Self { script: Mutex::new(script.into()), sent: AtomicUsize::new(0), then }), parrot)
    }

    pub(crate) fn port(self: &Arc<Self>) -> Arc<dyn Echo> {
        let target = Target::new("scripted", self.clone());
        <dyn Echo>::via(Router::new(None, Route::Remote(vec![target]), policies()))
    }
}

impl Transport for Scripted {
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply> {
        if envelope.method.is_contract() {
            return Box::pin(async move {
                self.then.dispatch(envelope.method, envelope.cx, &envelope.body).await
            });
        }
        self.sent.fetch_add(1, Ordering::SeqCst);
        let failure = self.script.lock().unwrap().pop_front();
        Box::pin(async move {
            match failure {
                Some(failure) => Err(failure),
                None => self.then.dispatch(envelope.method, envelope.cx, &envelope.body).await,
            }
        })
    }
}

pub(crate) fn not_executed(kind: CauseKind) -> CallError<outgrow::RawRefusal> {
    CallError::not_executed(kind, "as told")
}

pub(crate) fn in_doubt(kind: CauseKind) -> CallError<outgrow::RawRefusal> {
    CallError::in_doubt(kind, "as told")
}
