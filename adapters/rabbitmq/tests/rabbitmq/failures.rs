//! The failure table of the crate's documentation, each row provoked.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use adapter_rabbitmq::{Limits, RabbitServer};
use lapin::{
    Connection, ConnectionProperties,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use outgrow::{BoxFuture, CallContext, CauseKind, Dispatch, Method, Port as _, PortDesc, Reply, Served};
use outgrow_testkit::{Passing, SequentialIds, until_async};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    broker::{Distant, Server, broker, client, url},
    example::{Example, LONG, Module, cx, text, verdict},
};

pub(super) const UNREACHABLE: (&str, CauseKind) = ("not executed", CauseKind::Unreachable);

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_nobody_serves_is_returned_at_once() {
    let client = client(&broker());
    for _ in 0..3 {
        let answer = timeout(LONG / 2, client.put(&cx(), text("x"))).await.unwrap();
        assert_eq!(verdict(answer), UNREACHABLE);
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_the_broker_does_not_take_is_not_executed() {
    let broker = broker();
    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    // A queue that has room for one, and says no to the next.
    let mut room = FieldTable::default();
    room.insert("x-max-length".into(), AMQPValue::LongInt(1));
    room.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
    let ours = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let queue = broker.queue(<dyn Example>::DESC);
    channel.queue_declare(queue.as_str().into(), ours, room).await.unwrap();

    let (first, second) = (client(&broker), client(&broker));
    let waiting = tokio::spawn(async move { first.put(&cx(), text("first")).await });
    let full = async || {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found = channel.queue_declare(queue.as_str().into(), passive, FieldTable::default()).await;
        found.unwrap().message_count() == 1
    };
    until_async("the queue is full", LONG, full).await;
    let answer = timeout(LONG / 2, second.put(&cx(), text("second"))).await.unwrap();
    assert_eq!(verdict(answer), UNREACHABLE);
    assert!(!waiting.is_finished(), "the first is still waiting");
    waiting.abort();
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_queue_that_is_deleted_under_its_server_is_made_again() {
    let (broker, module) = (broker(), Arc::<Module>::default());
    let port: Arc<dyn Example> = Arc::<Module>::clone(&module);
    let [port, other]: [Arc<dyn Dispatch>; 2] = [Arc::new(Served(port)), Arc::new(Other)];
    let (stop, ids) = (CancellationToken::new(), Arc::new(SequentialIds::new()));
    let server = RabbitServer::new(broker.clone(), vec![port, other], ids);
    let serving = tokio::spawn(server.serve(stop.clone(), LONG));
    let (client, soon) = (client(&broker), || cx().within(LONG / 20));
    until_async("it serves", LONG, async || client.put(&soon(), text("x")).await).await;

    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = broker.queue(<dyn Example>::DESC);
    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    assert_eq!(verdict(client.put(&soon(), text("x")).await), UNREACHABLE);
    until_async("it serves again", LONG, async || client.put(&soon(), text("x")).await).await;
    stop.cancel();
    serving.await.unwrap();
}

/// A second port of the same server. Nobody calls it.
struct Other;

impl Dispatch for Other {
    fn port(&self) -> &'static PortDesc {
        const PORT: &PortDesc = &PortDesc {
            package: "other.v1",
            name: "Other",
            doc: "",
            methods: &[],
            contract: Method::contract("other.v1", "Other"),
            delivery: Method::delivery("other.v1", "Other"),
        };
        PORT
    }

    fn dispatch<'a>(
        &'a self,
        method: &'static Method,
        _: &'a CallContext,
        _: &'a [u8],
    ) -> BoxFuture<'a, Reply> {
        unreachable!("{method} of another port is called")
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn without_a_broker_nothing_is_executed_and_it_is_found_again_when_it_is_there() {
    let distant = Distant::new().await;
    let (server, client) = (Server::at(&distant.broker, Limits::default()), client(&distant.broker));
    assert_eq!(verdict(client.put(&cx(), text("x")).await), UNREACHABLE, "either may start first");
    for _ in 0..2 {
        let network = distant.connected().await;
        // What the broker still gives to the server of the connection before is answered by nobody.
        let soon = || cx().within(LONG / 20);
        until_async("all have found it", LONG, async || client.put(&soon(), text("x")).await).await;
        drop(network);
        let gone = async || verdict_of_failure(client.put(&cx(), text("x")).await) == Some(UNREACHABLE);
        until_async("it is missed", LONG, gone).await;
    }
    assert!(!server.ended.is_finished());
}

pub(super) fn verdict_of_failure<T: std::fmt::Debug>(
    answer: outgrow::Answer<T, super::example::ExampleRefusal>,
) -> Option<(&'static str, CauseKind)> {
    answer.is_err().then(|| verdict(answer))
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn an_answer_that_is_lost_with_the_broker_leaves_the_call_in_doubt() {
    let distant = Distant::new().await;
    let network = distant.connected().await;
    let server = Server::at(&distant.broker, Limits::default());
    server.ready().await;
    let (client, module) = (server.client(), Arc::clone(&server.module));
    let hanging = tokio::spawn(async move { client.put(&cx(), text("hang")).await });
    until_async("it hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    drop(network);
    let answer = timeout(LONG / 2, hanging).await.unwrap().unwrap();
    assert_eq!(verdict(answer), ("in doubt", CauseKind::Lost));
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_waits_for_longer_than_its_time_is_in_doubt_and_never_delivered() {
    let server = Server::at(&broker(), Limits { calls: 1, ..Limits::default() });
    server.ready().await;
    let (first, second, module) = (server.client(), server.client(), Arc::clone(&server.module));
    let hanging = tokio::spawn(async move { first.put(&cx(), text("hang")).await });
    until_async("the only place is taken", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;

    let hurried = cx().within(Duration::from_millis(200));
    assert_eq!(verdict(second.put(&hurried, text("hang")).await), ("in doubt", CauseKind::Expired));
    until_async("the late one is thrown away", LONG, async || server.queued().await == 0).await;
    module.release.notify_one();
    assert_eq!(hanging.await.unwrap(), Ok(text("hang")));
    assert_eq!(second.put(&cx(), text("after")).await, Ok(text("after")));
    assert_eq!(module.hanging.load(Ordering::SeqCst), 1, "the late one was never executed");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_call_whose_time_is_spent_is_not_sent() {
    let server = Server::start().await;
    let answer = server.client().put(&cx().within(Duration::ZERO), text("x")).await;
    assert_eq!(verdict(answer), ("not executed", CauseKind::Expired));
    let big = server.client().put(&cx(), text(&"x".repeat(5 * 1024 * 1024))).await;
    assert_eq!(verdict(big), ("not executed", CauseKind::BadRequest));
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_broker_that_falls_silent_costs_no_more_than_the_time_budget() {
    let distant = Distant::new().await;
    let network = distant.connected().await;
    let server = Server::at(&distant.broker, Limits::default());
    server.ready().await;
    network.let_pass(Passing::Nothing);
    let hurried = cx().within(Duration::from_millis(200));
    let answer = timeout(LONG / 2, server.client().put(&hurried, text("x"))).await.unwrap();
    let (_, kind) = verdict(answer);
    assert_eq!(kind, CauseKind::Expired);
    network.let_pass(Passing::Both);
    server.ready().await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn asked_to_end_it_answers_what_has_begun_and_takes_nothing_new() {
    let server = Server::start().await;
    let (client, newcomer, module) = (server.client(), server.client(), Arc::clone(&server.module));
    let hanging = tokio::spawn(async move { client.put(&cx(), text("hang")).await });
    until_async("it hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    server.stop.cancel();
    let gone = async || verdict_of_failure(newcomer.put(&cx(), text("x")).await) == Some(UNREACHABLE);
    until_async("no new calls are taken", LONG, gone).await;
    module.release.notify_one();
    assert_eq!(hanging.await.unwrap(), Ok(text("hang")));
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn one_of_two_that_is_asked_to_end_under_load_fails_nobody() {
    let (broker, answered) = (broker(), Arc::new(AtomicUsize::new(0)));
    let (stays, leaves) = (Server::at(&broker, Limits::default()), Server::at(&broker, Limits::default()));
    for server in [&stays, &leaves] {
        server.ready().await;
    }
    let stop = CancellationToken::new();
    let callers = (0..16).map(|_| {
        let (client, answered, stop) = (client(&broker), Arc::clone(&answered), stop.clone());
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                client.put(&cx(), text("x")).await.unwrap();
                answered.fetch_add(1, Ordering::SeqCst);
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    let more = async |than: usize| {
        until_async("calls go on", LONG, async || answered.load(Ordering::SeqCst) > than).await;
    };
    more(200).await;
    leaves.stop.cancel();
    until_async("it has ended", LONG, async || leaves.ended.is_finished()).await;
    more(answered.load(Ordering::SeqCst) + 200).await;
    stop.cancel();
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_server_that_loses_one_of_its_connections_makes_both_again() {
    let distant = Distant::new().await;
    let network = distant.connected().await;
    let server = Server::at(&distant.broker, Limits::default());
    let near = distant.near();
    let soon = || cx().within(LONG / 20);
    let client = client(&near);
    until_async("it serves", LONG, async || client.put(&soon(), text("x")).await).await;
    // The first two are the server's: it consumes on one and answers on the other. Then come the next two.
    for lost in [0, 3] {
        network.cut_one(lost);
        let gone = async || client.put(&soon(), text("x")).await.is_err();
        until_async("it is missed", LONG, gone).await;
        until_async("it serves again", LONG, async || client.put(&soon(), text("x")).await).await;
    }
    assert!(!server.ended.is_finished());
}
