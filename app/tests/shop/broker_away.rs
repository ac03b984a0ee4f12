//! Rows 4 and 5 of the scenarios: orders arrive all the time while the broker is stopped and started.

use std::{
    collections::BTreeSet,
    pin::pin,
    time::{Duration, Instant},
};

use outgrow_testkit::{TestBroker, until_async};
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{interval, sleep},
};
use uuid::Uuid;

use crate::{
    measured::{Measured, RATE, limit, patience, rounds},
    oracle::{Ran, holds},
    system::{System, order},
    times::Times,
};

const MAIL: &[(&str, &[&str])] = &[("mail", &["notifications"])];

/// How soon events go on after the broker's return.
const RESUMES: Duration = Duration::from_secs(5);

/// How much longer an order may take without a broker, in the middle.
const LONGER: Duration = Duration::from_millis(10);

/// Between two looks at what was told: each reads all of it.
const LOOK: Duration = Duration::from_millis(50);

/// An order that was answered 201, and how long that took.
struct Answered {
    id: String,
    took: Duration,
}

/// Orders that arrive so often until something is done, whatever has become of those before.
async fn meanwhile<T>(shop: &System, a_second: u32, done: impl Future<Output = T>) -> (Vec<Answered>, T) {
    let (mut ticks, mut asked) = (interval(Duration::from_secs(1) / a_second), JoinSet::new());
    let mut done = pin!(done);
    let done = loop {
        tokio::select! {
            done = &mut done => break done,
            _ = ticks.tick() => {
                let http = shop.http();
                asked.spawn(async move {
                    let begun = Instant::now();
                    let placed = http.post("/v1/orders").json(&order("mug", 1)).send().await.unwrap();
                    assert_eq!(placed.status, 201, "{}", placed.text());
                    Answered { id: placed.json()["id"].as_str().unwrap().to_owned(), took: begun.elapsed() }
                });
            }
        }
    };
    (asked.join_all().await, done)
}

/// How long orders took: in the middle, and all but one in a hundred.
fn latency(answered: &[Answered]) -> (Duration, Duration) {
    let mut took: Vec<_> = answered.iter().map(|order| order.took).collect();
    took.sort_unstable();
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

/// The broker does that now. Orders do not wait for it.
async fn now(mut broker: TestBroker, what: fn(&mut TestBroker)) -> TestBroker {
    spawn_blocking(move || {
        what(&mut broker);
        broker
    })
    .await
    .unwrap()
}

/// Waits until enough of these were told.
async fn are_told(times: &Times, events: &BTreeSet<Uuid>, within: Duration, enough: impl Fn(usize) -> bool) {
    until_async("the backlog is told", within, async || {
        sleep(LOOK).await;
        let told = times.told().await;
        enough(events.iter().filter(|event| told.contains_key(event)).count())
    })
    .await;
}

/// What is known of an absence when it ends.
struct Absence {
    broker: TestBroker,
    /// What happened meanwhile and was not told.
    waiting: BTreeSet<Uuid>,
    grew: Duration,
}

/// The broker is away for so long under orders. Returns it, and the orders.
async fn away(
    shop: &System,
    broker: TestBroker,
    long: Duration,
    measured: &mut Measured,
) -> (TestBroker, Vec<String>) {
    let (a_second, calm) = patience().map_or((10, 1), |_| (RATE, 5));
    let times = Times::open(&shop.data).await;
    let (before, ()) = meanwhile(shop, a_second, sleep(Duration::from_secs(calm))).await;
    let (stopping, broker) = meanwhile(shop, a_second, now(broker, TestBroker::stop)).await;
    let down = Instant::now();
    let (during, ()) = meanwhile(shop, a_second, sleep(long)).await; // that is the fault
    let returned = async {
        let broker = now(broker, TestBroker::start_again).await;
        let told = times.told().await;
        let outcomes = times.outcomes().await.into_keys();
        Absence {
            broker,
            waiting: outcomes.filter(|id| !told.contains_key(id)).collect(),
            grew: down.elapsed(),
        }
    };
    let (starting, Absence { broker, waiting, grew }) = meanwhile(shop, a_second, returned).await;
    assert!(waiting.len() > during.len() / 2, "only {} events waited for the broker", waiting.len());
    // Others arrive while the backlog is worked off.
    let back = Instant::now();
    let drained = async {
        are_told(&times, &waiting, limit(RESUMES), |told| told > 0).await;
        let resumed = back.elapsed();
        are_told(&times, &waiting, limit(grew), |told| told == waiting.len()).await;
        (resumed, back.elapsed())
    };
    let (after, (resumed, drained)) = meanwhile(shop, a_second, drained).await;
    let ((usual, slow), (away, slow_away)) = (latency(&before), latency(&during));
    measured.note = format!(
        "p50/p99 {usual:.0?}/{slow:.0?} with a broker, {away:.0?}/{slow_away:.0?} without; resumed after \
         {resumed:.1?}; {} events that waited for up to {grew:.0?} were told after {drained:.1?}",
        waiting.len(),
    );
    println!("{}", measured.note);
    assert!(
        away < limit(usual / 5 * 6 + LONGER),
        "an order took {away:?} without a broker, {usual:?} with one"
    );
    let all = [before, stopping, during, starting, after].into_iter().flatten();
    let orders: Vec<_> = all.map(|order| order.id).collect();
    measured.run(orders.len(), drained);
    (broker, orders)
}

/// So many times, or as often as there is time, the broker is away for so long. Nobody is started again.
async fn shop_without_broker(times: u32, long: Duration) {
    let mut measured = Measured::default();
    let mut broker = spawn_blocking(|| TestBroker::start(1024 * 1024)).await.unwrap();
    let mut shop = System::split(MAIL, "");
    shop.reach_over(&broker.url());
    let mut shop = shop.start_all(MAIL).await;
    shop.sell("mug", 1250, 1_000_000).await;
    let mut ran = Ran::new("mug", 1_000_000);
    for _ in rounds(times) {
        let orders;
        (broker, orders) = away(&shop, broker, long, &mut measured).await;
        ran = ran.accepted(&orders);
    }
    holds(&shop, &ran).await;
    assert!(shop.process("main").is_running() && shop.process("mail").is_running());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_broker_that_is_stopped_and_started_under_load_delays_events_and_no_order() {
    shop_without_broker(1, Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn while_the_broker_is_down_orders_are_taken_and_their_events_told_faster_than_they_piled_up() {
    shop_without_broker(1, patience().map_or(Duration::from_secs(4), |_| Duration::from_mins(1))).await;
}
