//! What the whole must survive: faults under load, by the rows of `docs/scenarios.md`, each judged by the oracle.
//!
//! Each is short here, and as long as it is given with `cargo xtask scenarios`, which also collects what it measured.
//! Rows 2, 3 and 31 are in `crash_points.rs`, 4 and 5 in `broker_away.rs`, 8 in `poison.rs`.

use std::time::{Duration, Instant};

use outgrow::event::Recorded;
use outgrow_runtime::events::Inbox;
use outgrow_testkit::{Http, until_async};
use serde_json::json;

use crate::{
    books::Books,
    measured::{Measured, limit, load, rounds},
    oracle::{Ran, holds},
    story::{Load, Story},
    system::{SOON, System, order},
    times::Times,
};

const MONEY: &[(&str, &[&str])] = &[("money", &["payments"])];
const MAIL: &[(&str, &[&str])] = &[("mail", &["notifications"])];

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
        let load = load(Load::ONE, 5);
        let killed = async {
            tokio::time::sleep(moment).await;
            shop.process(victim).kill();
            tokio::time::sleep(Duration::from_secs(away)).await;
            shop.start(victim);
            Instant::now()
        };
        let (ran, since) = tokio::join!(story.play_under(load), killed);
        holds(&shop, &ran).await;
        measured.run(ran.accepted.len(), since.elapsed());
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

/// Delivers each event up to five times more, the last first.
async fn repeat(shop: &System, inbox: &dyn Inbox, measured: &mut Measured) {
    let mut events = told(shop).await;
    events.reverse();
    for (number, window) in events.chunks(64).enumerate() {
        for _ in 0..=number % 5 {
            inbox.accept(window).await.unwrap();
            measured.duplicates += window.len();
        }
    }
}

/// Row 7. Each event is repeated while the story goes on, and once more when it has ended.
async fn repeated(shop: &System, measured: &mut Measured) {
    let (story, inbox) =
        (Story::at(shop).await, shop.data.home(&notifications_infra::SPEC).await.events().inbox);
    let repeating = async {
        loop {
            repeat(shop, &*inbox, measured).await;
            tokio::task::yield_now().await;
        }
    };
    let ran = tokio::select! {
        ran = story.play_under(load(Load::ONE, 5)) => ran,
        () = repeating => unreachable!("it goes on"),
    };
    repeat(shop, &*inbox, measured).await;
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

/// How long a key may wait for whoever stands still: a lease is 3 s.
const STARVES: Duration = Duration::from_secs(5);

/// Waits until nobody holds a lease any more: nobody renews them without work.
async fn leases_run_out(shop: &System) {
    for spec in [&ordering_infra::SPEC, &notifications_infra::SPEC] {
        let home = shop.data.home(spec).await.db();
        until_async("every lease has run out", SOON, async || {
            let held = home.query("select 1 from outgrow_leases where until > now()");
            held.all().await.unwrap().is_empty()
        })
        .await;
    }
}

/// Row 32. Of two processes of one service the one that does all the work stands still for longer than a lease, then
/// goes on; then the other one. They share everything: outbox, inbox and sagas.
async fn two_of_one(mut shop: System, measured: &mut Measured) {
    let other = shop.start_beside("main", "other");
    let http = Http::at(other);
    let serves = async || http.get("/health/ready").send().await.is_ok_and(|reply| reply.status == 200);
    until_async("the other one serves", SOON, serves).await;
    let mut story = Story::at(&shop).await;
    let load = load(Load { stories: 8, every: Duration::from_millis(500) }, 5);
    let (mut ran, mut since) = (story.play().await, Instant::now());
    let books = Books::open(&shop.data).await;
    for (frozen, itself, address) in [("main", shop.main, other), ("other", other, shop.main)] {
        // Whoever works when nobody has for a while takes every lease, and then stands still.
        until_async("nothing waits yet", SOON, async || books.are_quiet().await).await;
        leases_run_out(&shop).await;
        story.moves_to(itself);
        ran.accepted.extend(story.play().await.accepted);
        story.moves_to(address);
        let fault = async {
            shop.process(frozen).freeze();
            tokio::time::sleep(Duration::from_millis(3_500)).await; // that is the fault
            shop.process(frozen).thaw();
            Instant::now()
        };
        let (more, over) = tokio::join!(story.play_under(load), fault);
        ran.accepted.extend(more.accepted);
        since = over;
    }
    shop.process("other").kill();
    holds(&shop, &ran).await;
    let times = Times::open(&shop.data).await;
    let (way, wait) = (times.longest_way().await, times.longest_wait().await);
    assert!(way.max(wait) > Duration::from_secs(1), "nobody waited for who stood still: {way:?}, {wait:?}");
    assert!(way.max(wait) < limit(STARVES), "a saga took {way:?}, an event waited for {wait:?}");
    let out_of_order = times.out_of_order().await;
    assert!(out_of_order.is_empty(), "{out_of_order:?}");
    measured.note = format!("the longest saga took {way:.1?}, the longest wait of an event was {wait:.1?}");
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
