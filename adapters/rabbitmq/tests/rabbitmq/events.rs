//! Events from an outbox to an inbox by way of a broker: each row of the table in the crate's documentation.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use adapter_rabbitmq::{Broker, RabbitMq};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Queue,
    options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
};
use outgrow::Dispatch;
use outgrow_runtime::Carrier as _;
use outgrow_testkit::until_async;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    broker::{Distant, mine, url},
    example::LONG,
    inbox::{Hearing, Memory, OTHER, STREAM, courier, courier_of, door, events, ids},
    outages::{corner, private},
};

/// A channel for looking at what is there, and whoever keeps it open.
async fn aside() -> (Connection, Channel) {
    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// A queue, if it is there.
async fn found(queue: &str) -> Option<Queue> {
    let (_connection, channel) = aside().await;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), passive, FieldTable::default()).await.ok()
}

/// How many messages nobody has fetched from this queue, if it is there.
async fn waiting(queue: &str) -> Option<u32> {
    found(queue).await.map(|queue| queue.message_count())
}

/// How many consume this queue, if it is there.
async fn consumers(queue: &str) -> Option<u32> {
    found(queue).await.map(|queue| queue.consumer_count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn events_arrive_once_in_the_inbox_and_are_acknowledged() {
    let broker = mine();
    let hearing = Hearing::at(&broker).await;
    let (courier, sent) = (courier(&broker), events(1..=300));
    for window in sent.chunks(100) {
        let mut left = window.to_vec();
        // The first event of a courier goes alone.
        while !left.is_empty() {
            let taken = courier.deliver(&left).await;
            assert_eq!(taken.trouble, None);
            left.retain(|event| !taken.events.contains(&event.id));
        }
    }
    hearing.has(&sent).await;
    assert_eq!(hearing.inbox.accepted.load(Ordering::SeqCst), 300, "none came twice");
    let stopped = hearing.stop().await;
    assert_eq!(waiting(&broker.events("example")).await, Some(0), "all are acknowledged");
    assert_eq!(stopped.kept(), sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn without_the_queue_everything_stays_in_the_outbox_and_with_it_everything_leaves() {
    let broker = mine();
    let (courier, sent) = (courier(&broker), events(1..=20));
    for _ in 0..3 {
        let taken = courier.deliver(&sent).await;
        assert_eq!(taken.events, ids(&[]));
        assert!(taken.trouble.unwrap().contains("is not there"));
    }
    let hearing = Hearing::at(&broker).await;
    hearing.stop().await;
    // Nobody consumes, but the queue is there.
    assert_eq!(courier.deliver(&sent).await.events, ids(&sent[..1]));
    assert_eq!(courier.deliver(&sent[1..]).await.events, ids(&sent[1..]));
    assert_eq!(waiting(&broker.events("example")).await, Some(20));
    Hearing::at(&broker).await.has(&sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn who_has_moved_to_another_carrier_takes_what_is_left_and_makes_nothing() {
    let broker = mine();
    let (queue, sent, inbox) = (broker.events("example"), events(1..=200), Arc::<Memory>::default());
    let left = |stop: &CancellationToken| {
        let doors: [Arc<dyn Dispatch>; 1] = [Arc::new(door(&inbox, &[STREAM]))];
        RabbitMq::over(Some(Broker::clone(&broker))).leftovers(&doors, stop.clone())
    };
    let at_once = CancellationToken::new();
    at_once.cancel();
    left(&at_once).await;
    assert_eq!(waiting(&queue).await, None, "it has looked, and no queue is made");

    Hearing::at(&broker).await.stop().await;
    let courier = courier(&broker);
    assert_eq!(courier.deliver(&sent[..1]).await.trouble, None);
    for window in sent[1..].chunks(100) {
        assert_eq!(courier.deliver(window).await.trouble, None);
    }
    let stop = CancellationToken::new();
    let taking = tokio::spawn(left(&stop));
    until_async("they are taken in", LONG, async || inbox.kept() == sent).await;
    until_async("nobody consumes any more", LONG, async || consumers(&queue).await == Some(0)).await;
    assert_eq!(waiting(&queue).await, Some(0), "all are acknowledged");
    stop.cancel();
    taking.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn while_its_queue_comes_and_goes_nothing_is_settled_that_the_queue_never_had() {
    let broker = mine();
    let (queue, sent) = (broker.events("example"), events(1..=128));
    let (_connection, channel) = aside().await;
    let (mut whole, mut torn) = (0, 0);
    let end = tokio::time::Instant::now() + LONG;
    while torn < 20 && tokio::time::Instant::now() < end {
        // It keeps nothing on disk, so what it has and what is returned are confirmed in the same moments.
        let fleeting = QueueDeclareOptions::default();
        channel.queue_declare(queue.as_str().into(), fleeting, FieldTable::default()).await.unwrap();
        let courier = courier(&broker);
        assert_eq!(courier.deliver(&sent[..1]).await.events, ids(&sent[..1]));
        let (deleting, name) = (channel.clone(), queue.clone());
        // It takes with it what it has, and says how many that were.
        let deleted = tokio::spawn(async move {
            tokio::task::yield_now().await;
            deleting.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap()
        });
        let taken = courier.deliver(&sent[1..]).await;
        let had = usize::try_from(deleted.await.unwrap()).unwrap();
        let kept = taken.events.len() + 1;
        assert!(kept >= had, "what it had is settled");
        assert_eq!(taken.events, ids(&sent[1..kept]), "all after the first that was returned were returned");
        if kept == sent.len() { whole += 1 } else { torn += 1 }
    }
    assert!(torn > 0, "{whole} windows were whole, {torn} torn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn an_inbox_that_does_not_accept_for_a_while_loses_nothing_and_holds_little() {
    let broker = mine();
    let hearing = Hearing::at(&broker).await;
    hearing.inbox.away.store(true, Ordering::SeqCst);
    let (courier, sent) = (courier(&broker), events(1..=1_000));
    assert_eq!(courier.deliver(&sent[..1]).await.trouble, None);
    assert_eq!(courier.deliver(&sent[1..]).await.events, ids(&sent[1..]));
    let refused = async || hearing.inbox.refused.load(Ordering::SeqCst) > 2;
    until_async("it was refused some times", LONG, refused).await;
    assert_eq!(hearing.kept(), []);
    assert_eq!(waiting(&broker.events("example")).await, Some(1_000 - 256), "the prefetch, and no more");

    // Whoever ends meanwhile leaves all in the queue.
    hearing.stop().await;
    assert_eq!(waiting(&broker.events("example")).await, Some(1_000), "nothing was acknowledged");
    let hearing = Hearing::away(&broker).await;
    until_async("the next is refused", LONG, async || hearing.inbox.refused.load(Ordering::SeqCst) > 1).await;
    hearing.inbox.away.store(false, Ordering::SeqCst);
    hearing.has(&sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_is_no_event_is_put_aside_and_the_others_are_not_concerned() {
    let broker = mine();
    let hearing = Hearing::at(&broker).await;
    let (courier, sent) = (courier(&broker), events(1..=10));
    let (_connection, channel) = aside().await;
    let queue = broker.events("example");
    let nonsense = async |properties: BasicProperties, body: &[u8]| {
        let options = BasicPublishOptions::default();
        let sent = channel.basic_publish("".into(), queue.as_str().into(), options, body, properties);
        sent.await.unwrap();
    };
    // While it holds the first, the others gather.
    hearing.inbox.away.store(true, Ordering::SeqCst);
    assert_eq!(courier.deliver(&sent).await.events.len(), 1);
    until_async("it holds it", LONG, async || hearing.inbox.refused.load(Ordering::SeqCst) > 0).await;
    nonsense(BasicProperties::default(), b"").await;
    assert_eq!(courier.deliver(&sent[1..]).await.events, ids(&sent[1..]));
    nonsense(BasicProperties::default().with_content_type("application/json".into()), b"{}").await;
    // An event, but told by somebody whose it is not.
    let forger = courier_of(&broker, "impostor");
    assert_eq!(forger.deliver(&events(11..=11)).await.trouble, None);
    until_async("all are fetched", LONG, async || waiting(&queue).await == Some(0)).await;
    hearing.inbox.away.store(false, Ordering::SeqCst);
    hearing.has(&sent).await;
    let dead = broker.dead("example");
    until_async("three are dead", LONG, async || waiting(&dead).await == Some(3)).await;
    let stopped = hearing.stop().await;
    assert_eq!(waiting(&queue).await, Some(0), "all are acknowledged");
    assert_eq!(stopped.inbox.accepted.load(Ordering::SeqCst), 10, "none came twice");
    assert_eq!(stopped.kept(), sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_only_a_newer_replica_listens_to_waits_for_it() {
    let broker = mine();
    let older = Hearing::at(&broker).await;
    let (courier, mut sent) = (courier(&broker), events(1..=10));
    for event in sent.iter_mut().step_by(2) {
        OTHER.to_string().clone_into(&mut event.stream);
    }
    assert_eq!(courier.deliver(&sent).await.events.len(), 1);
    assert_eq!(courier.deliver(&sent[1..]).await.trouble, None);
    let (newer, known): (Vec<_>, Vec<_>) =
        sent.iter().cloned().partition(|event| event.stream == OTHER.to_string());
    older.has(&known).await;
    let replica = Hearing::newer(&broker).await;
    replica.has(&newer).await;
    assert_eq!(older.kept(), known);
    assert_eq!(waiting(&broker.dead("example")).await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_queue_that_is_deleted_under_its_subscriber_is_made_again() {
    let broker = mine();
    let hearing = Hearing::at(&broker).await;
    let (courier, sent) = (courier(&broker), events(1..=2));
    assert_eq!(courier.deliver(&sent[..1]).await.trouble, None);
    hearing.has(&sent[..1]).await;
    let (_connection, channel) = aside().await;
    channel.queue_delete(broker.events("example").into(), QueueDeleteOptions::default()).await.unwrap();
    until_async("it is taken again", LONG, async || courier.deliver(&sent[1..]).await.trouble.is_none())
        .await;
    hearing.has(&sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn without_the_broker_events_wait_and_find_it_again() {
    let distant = Distant::new().await;
    let (courier, sent) = (courier(&distant.broker), events(1..=3));
    let hearing = Hearing::starting(&distant.broker, false, false);
    assert!(courier.deliver(&sent).await.trouble.unwrap().contains("cannot be reached"));
    for nth in 0..3 {
        let network = distant.connected().await;
        let taken = async || courier.deliver(&sent[nth..=nth]).await.trouble.is_none();
        until_async("it is taken", LONG, taken).await;
        hearing.has(&sent[..=nth]).await;
        drop(network);
        let missed = async || courier.deliver(&sent[..1]).await.trouble.is_some();
        until_async("it is missed", LONG, missed).await;
        until_async("it is said", LONG, async || !hearing.is_up()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_broker_that_confirms_nothing_is_given_up_in_time_and_nothing_is_settled() {
    let distant = Distant::new().await;
    let network = distant.connected().await;
    let near = distant.near();
    let hearing = Hearing::at(&near).await;
    let (courier, sent) = (courier(&distant.broker), events(1..=10));
    until_async("it is taken", LONG, async || courier.deliver(&sent[..1]).await.trouble.is_none()).await;
    network.let_pass(outgrow_testkit::Passing::Nothing);
    let taken = timeout(Duration::from_secs(7), courier.deliver(&sent[1..])).await.unwrap();
    assert_eq!(taken.events, ids(&[]));
    assert!(taken.trouble.unwrap().contains("did not confirm"));
    network.let_pass(outgrow_testkit::Passing::Both);
    until_async("it is taken", LONG, async || !courier.deliver(&sent[1..]).await.events.is_empty()).await;
    until_async("and the rest", LONG, async || courier.deliver(&sent).await.events == ids(&sent)).await;
    hearing.has(&sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_was_settled_survives_the_broker_and_what_was_not_is_delivered_again() {
    let mut private = private().await;
    let broker = corner(&private);
    let hearing = Hearing::at(&broker).await;
    let (courier, stop) = (courier(&broker), CancellationToken::new());
    let stopped = stop.clone();
    let relay = tokio::spawn(async move {
        let (mut last, mut failed, mut pause) = (0, 0, interval(Duration::from_millis(100)));
        while !stopped.is_cancelled() {
            let mut left = events(last + 1..=last + 128);
            while !left.is_empty() {
                let taken = courier.deliver(&left).await;
                left.retain(|event| !taken.events.contains(&event.id));
                if taken.trouble.is_some() {
                    failed += 1;
                    pause.tick().await;
                }
            }
            last += 128;
        }
        (events(1..=last), failed)
    });
    // A queue that is new when its broker is killed may be lost (see the crate's documentation): it ends well first.
    for what in ["stop", "kill", "close"] {
        let before = hearing.kept().len();
        until_async("events go on", LONG, async || hearing.kept().len() > before + 300).await;
        match what {
            "stop" => private.stop(),
            "kill" => private.kill(),
            _ => private.control(&["close_all_connections", "for a change"]),
        }
        if what != "close" {
            private.start_again();
        }
    }
    let before = hearing.kept().len();
    until_async("events go on", LONG, async || hearing.kept().len() > before + 300).await;
    stop.cancel();
    let (sent, failed) = timeout(LONG, relay).await.unwrap().unwrap();
    assert!(failed > 2, "only {failed} windows failed");
    hearing.has(&sent).await;
}
