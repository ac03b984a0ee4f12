//! What happens to a broker, and what callers are told meanwhile: never what is not so, and never late.
//!
//! All of it happens to a private broker, which these tests share, one after the other.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use adapter_rabbitmq::{Broker, Limits, RabbitServer, RabbitTransport};
use outgrow::{
    Answer, BoxFuture, CallContext, CallError, CauseKind, Dispatch, Message as _, Method, PortDesc, Reply,
    Served, Transport as _,
};
use outgrow_testkit::{SequentialIds, TestBroker, until_async};
use tokio::{
    sync::OwnedMutexGuard,
    task::JoinHandle,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    broker::{Server, client, prefix},
    example::{Example, ExampleRefusal, LONG, Module, Text, cx, text, verdict},
    failures::{UNREACHABLE, verdict_of_failure},
};

/// The largest message that the private broker takes: less than we send.
const LARGEST: usize = 1024 * 1024;

/// The time budget of a call under load.
const BUDGET: Duration = Duration::from_secs(1);

/// The private broker, for this test alone. It is gone when nobody waits for it any more.
pub(super) async fn private() -> OwnedMutexGuard<TestBroker> {
    static SHARED: Mutex<Weak<tokio::sync::Mutex<TestBroker>>> = Mutex::new(Weak::new());
    let broker = {
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let broker = Arc::new(tokio::sync::Mutex::new(TestBroker::start(LARGEST)));
            *shared = Arc::downgrade(&broker);
            broker
        })
    };
    broker.lock_owned().await
}

pub(super) fn corner(broker: &TestBroker) -> Broker {
    Broker::new(&broker.url(), &prefix()).unwrap()
}

/// Remembers what was executed.
struct Ledger {
    port: Served<dyn Example>,
    executed: Mutex<BTreeSet<String>>,
}

impl Ledger {
    fn executed(&self) -> BTreeSet<String> {
        self.executed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Dispatch for Ledger {
    fn port(&self) -> &'static PortDesc {
        self.port.port()
    }

    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        cx: &'a CallContext,
        body: &'a [u8],
    ) -> BoxFuture<'a, Reply> {
        let request = Text::from_bytes(body).unwrap().text;
        self.executed.lock().unwrap_or_else(PoisonError::into_inner).insert(request);
        self.port.dispatch(method, cx, body)
    }
}

/// What became of the call with this text.
type Told = (String, Answer<Text, ExampleRefusal>);

/// Calls again and again until `stop`, each time with a text of its own.
fn calling(client: &Arc<dyn Example>, caller: u32, stop: &CancellationToken) -> JoinHandle<Vec<Told>> {
    let (client, stop) = (Arc::clone(client), stop.clone());
    tokio::spawn(async move {
        let (mut told, mut next) = (Vec::new(), interval(Duration::from_millis(5)));
        while !stop.is_cancelled() {
            next.tick().await;
            let (request, begun) = (format!("{caller}-{}", told.len()), Instant::now());
            let answer = client.put(&cx().within(BUDGET), text(&request)).await;
            assert!(begun.elapsed() < 3 * BUDGET, "{request} took {:?}", begun.elapsed());
            told.push((request, answer));
        }
        told
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn whatever_becomes_of_the_broker_callers_are_told_in_time_and_nothing_that_is_not_so() {
    let mut broker = private().await;
    let here = corner(&broker);
    let module: Arc<dyn Example> = Arc::<Module>::default();
    let ledger = Arc::new(Ledger { port: Served(module), executed: Mutex::default() });
    let (stop_serving, door) = (CancellationToken::new(), Arc::<Ledger>::clone(&ledger));
    let server = RabbitServer::new(here.clone(), vec![door], Arc::new(SequentialIds::new()));
    let serving = tokio::spawn(server.serve(stop_serving.clone(), LONG));
    let (client, stop_calling) = (client(&here), CancellationToken::new());
    let well = async |when: &str| {
        let call = async || client.put(&cx().within(BUDGET), text("well?")).await;
        until_async(when, 2 * LONG, call).await;
    };
    well("it serves").await;

    let callers: Vec<_> = (0..16).map(|caller| calling(&client, caller, &stop_calling)).collect();
    broker.stop();
    broker.start_again();
    well("it serves after a stop").await;
    broker.kill();
    broker.start_again();
    well("it serves after a crash").await;
    broker.control(&["close_all_connections", "for a change"]);
    well("it serves after all connections were closed").await;
    stop_calling.cancel();
    let mut told = Vec::new();
    for caller in callers {
        told.extend(timeout(LONG, caller).await.unwrap().unwrap());
    }
    stop_serving.cancel();
    timeout(LONG, serving).await.unwrap().unwrap();

    // Now nothing is executed any more.
    let executed = ledger.executed();
    let (mut answered, mut not_executed) = (0, 0);
    for (request, answer) in told {
        match answer {
            Ok(answer) => {
                assert_eq!(answer.text, request);
                assert!(executed.contains(&request), "{request} was answered by nobody");
                answered += 1;
            }
            Err(CallError::NotExecuted(cause)) => {
                assert!(!executed.contains(&request), "{request} was executed, and not executed: {cause}");
                assert!(
                    matches!(cause.kind, CauseKind::Unreachable | CauseKind::Expired),
                    "{request}: {cause}"
                );
                not_executed += 1;
            }
            Err(CallError::InDoubt(cause)) => {
                assert!(matches!(cause.kind, CauseKind::Lost | CauseKind::Expired), "{request}: {cause}");
            }
            Err(CallError::Refused(refusal)) => panic!("{request}: {refusal}"),
        }
    }
    assert!(answered > 100 && not_executed > 100, "{answered} answered, {not_executed} not executed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn while_the_broker_takes_nothing_calls_end_at_once_and_nothing_piles_up() {
    let broker = private().await;
    let server = Server::at(&corner(&broker), Limits::default());
    server.ready().await;
    let transport = Arc::new(RabbitTransport::connect(&server.broker));
    let client =
        <dyn Example as outgrow::Port>::via(outgrow::Remote(Arc::<RabbitTransport>::clone(&transport)));
    let soon = || cx().within(Duration::from_millis(200));
    assert_eq!(client.put(&cx(), text("x")).await, Ok(text("x")));
    assert!(transport.reachable().await);

    // Less than it needs: it stops those who publish, and says so to each when they do.
    broker.control(&["set_vm_memory_high_watermark", "absolute", "1000000"]);
    let refused = async || verdict_of_failure(client.put(&soon(), text("x")).await) == Some(UNREACHABLE);
    until_async("it takes nothing", LONG, refused).await;
    assert!(!transport.reachable().await, "others are preferred meanwhile");
    let (before, large) = (resident(), "x".repeat(100_000));
    for _ in 0..40 {
        let calls = (0..100).map(|_| {
            let (client, cx, large) = (Arc::clone(&client), soon(), text(&large));
            tokio::spawn(async move { verdict(client.put(&cx, large).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.unwrap(), UNREACHABLE);
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 100_000_000, "400 MB were sent, and {grown} bytes were kept");

    broker.control(&["set_vm_memory_high_watermark", "0.4"]);
    until_async("it takes them again", LONG, async || client.put(&soon(), text("x")).await).await;
    assert!(transport.reachable().await);
}

/// The memory of this process, in bytes. 0 where the system does not say.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok());
    1024 * kilobytes.unwrap_or_default()
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_channel_that_the_broker_closes_leaves_its_calls_in_doubt_and_is_made_again() {
    let broker = private().await;
    let server = Server::at(&corner(&broker), Limits::default());
    server.ready().await;
    let (client, module) = (server.client(), Arc::clone(&server.module));
    let waiting = Arc::clone(&client);
    let hanging = tokio::spawn(async move { waiting.put(&cx(), text("hang")).await });
    until_async("it hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    // More than this broker takes, and less than we send: PRECONDITION_FAILED.
    let large = client.put(&cx(), text(&"x".repeat(2 * LARGEST))).await;
    assert_eq!(verdict(large), ("in doubt", CauseKind::Lost));
    let hanging = timeout(LONG / 2, hanging).await.unwrap().unwrap();
    assert_eq!(verdict(hanging), ("in doubt", CauseKind::Lost), "it waited on the same channel");
    assert_eq!(client.put(&cx(), text("x")).await, Ok(text("x")));
    module.release.notify_one();
}
