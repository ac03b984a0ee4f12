//! What the whole must survive: faults under load, by the rows of `docs/scenarios.md`, each judged by the oracle.
//!
//! Each is short here, and as long as it is given with `cargo xtask scenarios`, which also collects what it measured.

use std::{
    env,
    time::{Duration, Instant},
};

use outgrow::event::Recorded;
use outgrow_testkit::{TestBroker, until_async};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    oracle::{Ran, holds},
    story::Story,
    system::{SOON, System, order},
};

const MONEY: &[(&str, &[&str])] = &[("money", &["payments"])];
const MAIL: &[(&str, &[&str])] = &[("mail", &["notifications"])];

/// What a row measured, for `cargo xtask scenarios`.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) runs: u32,
    /// Messages that were certainly delivered more than once.
    pub(crate) duplicates: usize,
    /// Orders whose effects were judged.
    pub(crate) orders: usize,
    /// From the end of the fault until nothing was on its way.
    pub(crate) slowest: Duration,
}

impl Measured {
    /// One more run of so many orders, all well so long after the fault.
    pub(crate) fn run(&mut self, orders: usize, took: Duration) {
        self.runs += 1;
        self.orders += orders;
        self.slowest = self.slowest.max(took);
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let Self { runs, duplicates, orders, slowest } = self;
        println!("measured {runs} {duplicates} {orders} {:.1}", slowest.as_secs_f64());
    }
}

/// How long a row may go on, if anybody said so.
pub(crate) fn patience() -> Option<Duration> {
    let seconds = env::var("OUTGROW_SCENARIO_SECONDS").ok()?;
    Some(Duration::from_secs(seconds.parse().unwrap()))
}

/// So many times, or as often as there is time.
fn rounds(short: u32) -> impl Iterator<Item = u32> {
    let (begun, patience) = (Instant::now(), patience());
    (0..).take_while(move |round| patience.map_or(*round < short, |patience| begun.elapsed() < patience))
}

/// Row 1. A service dies at any moment of the story, and stays away for a while.
#[tokio::test]
async fn a_service_that_is_killed_at_random_is_missed_by_nobody() {
    let mut measured = Measured::default();
    for round in rounds(2) {
        let victim = if round % 2 == 0 { "money" } else { "mail" };
        let services = if round % 2 == 0 { MONEY } else { MAIL };
        let mut shop = System::started(services, "").await;
        let story = Story::at(&shop).await;
        // Different moments of the first second, and up to five seconds away.
        let (moment, away) =
            (Duration::from_millis(u64::from(round * 137 % 1_000)), u64::from(round * 7 % 5));
        let killed = async {
            tokio::time::sleep(moment).await;
            shop.process(victim).kill();
            tokio::time::sleep(Duration::from_secs(away)).await;
            shop.start(victim);
            Instant::now()
        };
        let (ran, since) = tokio::join!(story.play(), killed);
        holds(&shop, &ran).await;
        measured.run(ran.accepted.len(), since.elapsed());
    }
}

/// Row 5, and 4 as long as it is stopped. The latency of orders does not depend on the broker.
#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn while_the_broker_is_down_orders_are_taken_as_fast_and_everything_is_told_afterwards() {
    const LATENCY: Duration = Duration::from_secs(2);
    let mut measured = Measured::default();
    let mut broker = TestBroker::start(1024 * 1024);
    let mut shop = System::split(MAIL, "");
    shop.reach_over(&broker.url());
    let shop = shop.start_all(MAIL).await;
    shop.sell("mug", 1250, 1_000_000).await;
    let mut ran = Ran::new("mug", 1_000_000);
    for _ in rounds(1) {
        broker.stop();
        let (down, mut orders) = (Instant::now(), Vec::new());
        let long = patience().map_or(Duration::from_secs(2), |_| Duration::from_mins(1));
        while down.elapsed() < long {
            let asked = Instant::now();
            let placed = shop.post("/v1/orders", &order("mug", 1)).await;
            assert_eq!(placed.status, 201, "{}", placed.text());
            assert!(asked.elapsed() < LATENCY, "an order took {:?}", asked.elapsed());
            orders.push(placed.json()["id"].as_str().unwrap().to_owned());
        }
        broker.start_again();
        let since = Instant::now();
        ran = ran.accepted(&orders);
        holds(&shop, &ran).await;
        measured.run(orders.len(), since.elapsed());
    }
}

/// Everything that Ordering has told so far.
async fn told(shop: &System) -> Vec<Recorded> {
    let home = shop.data.home(&ordering_infra::SPEC).await;
    let rows = home.db().query("select * from outgrow_outbox order by id").all().await.unwrap();
    let event = |row: &adapter_sql::Row| Recorded {
        id: row.get("id").unwrap(),
        stream: row.get("stream").unwrap(),
        key: row.get("key").unwrap(),
        sequence: row.u64("sequence").unwrap(),
        kind: row.get("kind").unwrap(),
        data: row.get("data").unwrap(),
        at: row.time("at").unwrap(),
        correlation: row.get("correlation").unwrap(),
        causation: row.get("causation").unwrap(),
        previous: None,
    };
    rows.iter().map(event).collect()
}

/// Row 7. Each event is delivered several times more, the last first, while the story goes on.
async fn repeated(shop: &System, measured: &mut Measured) {
    let (story, inbox) =
        (Story::at(shop).await, shop.data.home(&notifications_infra::SPEC).await.events().inbox);
    let repeating = async {
        loop {
            let mut events = told(shop).await;
            events.reverse();
            for (number, window) in events.chunks(64).enumerate() {
                for _ in 0..=number % 5 {
                    inbox.accept(window).await.unwrap();
                    measured.duplicates += window.len();
                }
            }
            tokio::task::yield_now().await;
        }
    };
    let ran = tokio::select! {
        ran = story.play() => ran,
        () = repeating => unreachable!("it goes on"),
    };
    let since = Instant::now();
    holds(shop, &ran).await;
    assert!(measured.duplicates > 0, "nothing was repeated");
    measured.run(ran.accepted.len(), since.elapsed());
}

#[tokio::test]
async fn events_that_come_many_times_and_backwards_have_their_effect_once() {
    let mut measured = Measured::default();
    for _ in rounds(1) {
        repeated(&System::started(&[], "").await, &mut measured).await;
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_events_that_come_many_times_and_backwards_have_their_effect_once() {
    let mut measured = Measured::default();
    for _ in rounds(1) {
        repeated(&System::started_on_postgres(&[], "").await, &mut measured).await;
    }
}

/// Row 8. What cannot be handled is parked, and nobody else notices.
#[tokio::test]
async fn poison_among_the_events_is_parked_and_the_others_are_not_concerned() {
    let mut measured = Measured::default();
    for _ in rounds(1) {
        let shop = System::started(&[], "").await;
        let story = Story::at(&shop).await;
        let inbox = shop.data.home(&notifications_infra::SPEC).await.events().inbox;
        let poison = |number: u128, kind: &str, data: &str| Recorded {
            id: Uuid::from_u128(number),
            stream: "ordering.v1.OrderEvent".to_owned(),
            key: Uuid::from_u128(number).to_string(),
            sequence: 1,
            kind: format!("ordering.v1.{kind}"),
            data: data.to_owned(),
            at: OffsetDateTime::UNIX_EPOCH,
            correlation: Uuid::from_u128(number),
            causation: None,
            previous: None,
        };
        let undecodable = [poison(1, "order_confirmed", "{"), poison(2, "order_cancelled", r#"{"order":7}"#)];
        let newer = poison(3, "order_framed", r#"{"order":"x"}"#); // a kind of a newer version is passed over
        let planted = async {
            inbox.accept(&undecodable).await.unwrap();
            inbox.accept(&[newer]).await.unwrap();
        };
        let (ran, ()) = tokio::join!(story.play(), planted);
        let since = Instant::now();
        let ran = Ran { poison: undecodable.iter().map(|event| event.id).collect(), ..ran };
        holds(&shop, &ran).await;
        measured.run(ran.accepted.len(), since.elapsed());
    }
}

/// Row 28. Payments are away while an order is called off; its shop dies after some attempts.
#[tokio::test]
async fn a_compensation_that_fails_and_whose_process_dies_is_done_in_the_end() {
    let mut measured = Measured::default();
    for _ in rounds(1) {
        let mut shop = System::split(MONEY, "");
        shop.crash_at("main", Some("saga.authorize.undo.begun:3"));
        let mut shop = shop.start_all(MONEY).await;
        shop.sell("mug", 1250, 5).await;
        let id = shop.post("/v1/orders", &order("mug", 2)).await.json()["id"].as_str().unwrap().to_owned();
        shop.order_becomes(&id, "confirmed").await;
        shop.process("money").kill();
        let cancelled = shop.post(&format!("/v1/orders/{id}/cancellation"), &json!({})).await;
        assert_eq!(cancelled.status, 200, "{}", cancelled.text());
        until_async("it has failed twice", SOON, async || !shop.process("main").is_running()).await;
        shop.crash_at("main", None);
        shop.start("main");
        shop.start("money");
        let since = Instant::now();
        shop.ready().await;
        holds(&shop, &Ran::new("mug", 5).accepted(&[id])).await;
        measured.run(1, since.elapsed());
    }
}

/// Row 32. Of two processes of one service one stands still for longer than a lease, then goes on.
async fn two_of_one(mut shop: System, measured: &mut Measured) {
    shop.start_beside("main", "other");
    let story = Story::at(&shop).await;
    let frozen = async {
        for _ in 0..2 {
            shop.process("other").freeze();
            tokio::time::sleep(Duration::from_secs(4)).await; // a lease is 3 s
            shop.process("other").thaw();
        }
        Instant::now()
    };
    let (ran, since) = tokio::join!(story.play(), frozen);
    shop.process("other").kill();
    holds(&shop, &ran).await;
    measured.run(ran.accepted.len(), since.elapsed());
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_two_of_one_service_share_its_work_though_one_stands_still_at_times() {
    let mut measured = Measured::default();
    for _ in rounds(1) {
        two_of_one(System::started_on_postgres(&[], "").await, &mut measured).await;
    }
}
