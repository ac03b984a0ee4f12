//! Row 8 of the scenarios: events that cannot be handled, each in its own way, among those that can.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use outgrow::event::Recorded;
use outgrow_testkit::until_async;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    measured::{Measured, RATE, limit, load, patience, rounds},
    oracle::{Breach, Invariant, Ran, found, holds},
    story::{Load, Story},
    system::{SOON, System},
    times::Times,
};

/// What handlers panic at, as long as they have that defect: it stands in why such an order was rejected, and nowhere
/// else.
const DEFECT: &str = "bomb";

/// How often an event may be tried.
const ATTEMPTS: u64 = 5;

/// Who listens to what becomes of orders, and has that defect.
const LISTENERS: [&str; 2] = ["notifications", "ordering"];

/// How long other events may wait.
const OTHERS: Duration = Duration::from_secs(5);

fn event(number: u128, stream: &str, kind: &str, data: &str) -> Recorded {
    Recorded {
        id: Uuid::from_u128(number),
        stream: stream.to_owned(),
        key: Uuid::from_u128(number).to_string(),
        sequence: 1,
        kind: kind.to_owned(),
        data: data.to_owned(),
        at: OffsetDateTime::UNIX_EPOCH,
        correlation: Uuid::from_u128(number),
        causation: None,
        previous: None,
    }
}

/// Puts events that nobody can handle into the inbox, so many of each kind: those that nobody can read, those of a
/// stream of a newer version, and, which are no poison at all, those of a kind of a newer version.
async fn planted(shop: &System, each: u32) -> BTreeSet<Uuid> {
    const STREAM: &str = "ordering.v1.OrderEvent";
    const NEWER: &str = "ordering.v2.OrderEvent";
    let inbox = shop.data.home(&notifications_infra::SPEC).await.events().inbox;
    let mut poison = BTreeSet::new();
    for number in (0..u128::from(each)).map(|number| number * 10) {
        let undecodable = [
            event(number + 1, STREAM, "ordering.v1.order_confirmed", "{"),
            event(number + 2, STREAM, "ordering.v1.order_cancelled", r#"{"order":7}"#),
            event(number + 3, NEWER, "ordering.v2.order_confirmed", "{}"),
        ];
        poison.extend(undecodable.iter().map(|event| event.id));
        inbox.accept(&undecodable).await.unwrap();
        let passed_over = event(number + 4, STREAM, "ordering.v1.order_framed", r#"{"order":"x"}"#);
        inbox.accept(&[passed_over]).await.unwrap();
    }
    poison
}

/// Orders that are rejected for a reason at which handlers panic.
async fn bombs(shop: &System, each: u32) -> Vec<String> {
    let line = json!({"sku": DEFECT, "quantity": 2});
    let order = json!({"customer": "ada", "lines": [line], "payment_token": "tok_ok"});
    let mut bombs = Vec::new();
    for _ in 0..each {
        let placed = shop.post("/v1/orders", &order).await;
        assert_eq!(placed.status, 201, "{}", placed.text());
        bombs.push(placed.json()["id"].as_str().unwrap().to_owned());
    }
    bombs
}

/// What is parked, as the command line tells.
fn parked(shop: &System) -> Vec<Value> {
    let list: Value = serde_json::from_str(&said(shop, &["events", "parked", "--json"])).unwrap();
    list.as_array().unwrap().clone()
}

fn said(shop: &System, args: &[&str]) -> String {
    let output = shop.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until all of it is parked, each with its reason, after no more attempts than it takes. Those at which the
/// handlers of every listener panicked.
async fn all_is_parked(shop: &System, poison: &BTreeSet<Uuid>, bombs: usize) -> BTreeSet<Uuid> {
    let all = poison.len() + LISTENERS.len() * bombs;
    until_async("all poison is parked", SOON, async || parked(shop).len() >= all).await;
    let mut panicked: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
    for event in parked(shop) {
        let text = |field: &str| event[field].as_str().unwrap().to_owned();
        let (id, reason) = (text("id").parse().unwrap(), text("reason"));
        let attempts = event["attempts"].as_u64().unwrap();
        if poison.contains(&id) {
            let known =
                reason.starts_with("it cannot be read: ") || reason == "nobody here listens to its stream";
            assert!(known && attempts == 1, "{event}");
        } else {
            assert!(reason == "the handler panicked" && attempts == ATTEMPTS, "{event}");
            panicked.entry(id).or_default().insert(text("module"));
        }
    }
    assert!(panicked.values().all(|listeners| listeners.iter().eq(LISTENERS.iter())), "{panicked:?}");
    assert_eq!(panicked.len(), bombs, "{panicked:?}");
    panicked.into_keys().collect()
}

/// What does not hold is that the outcomes of these orders were not told: of each of them, and nothing else.
fn only_they_are_untold(found: &[Breach], orders: &[String]) {
    for Breach { invariant, what } in found {
        let theirs = orders.iter().any(|order| what.contains(order.as_str()));
        assert!(*invariant == Invariant::OutcomesAreTold && theirs, "{what}");
    }
    let untold = |order: &&String| found.iter().any(|breach| breach.what.contains(order.as_str()));
    assert_eq!(
        orders.iter().filter(untold).count(),
        orders.len(),
        "the oracle misses none of them: {found:?}"
    );
}

async fn poisoned(measured: &mut Measured) {
    let mut shop = System::split(&[], "");
    shop.panic_at("main", Some(DEFECT));
    let mut shop = shop.start_all(&[]).await;
    shop.sell(DEFECT, 1250, 1).await;
    let (story, each) = (Story::at(&shop).await, patience().map_or(1, |_| RATE / 20)); // of some 200 events for each
    let story = story.play_under(load(Load::ONE, 5));
    let (ran, poison, bombs) = tokio::join!(story, planted(&shop, each), bombs(&shop, each));
    let ran = Ran { poison, ..ran.accepted(&bombs) };

    let panicked = all_is_parked(&shop, &ran.poison, bombs.len()).await;
    let all = ran.poison.union(&panicked).copied().collect();
    only_they_are_untold(&found(&shop, &Ran { poison: all, ..ran.clone() }).await, &bombs);
    let waited = Times::open(&shop.data).await.longest_wait().await;
    assert!(waited < limit(OTHERS), "others waited for {waited:?}");

    // As long as the defect is there, trying again changes nothing; a version without it handles them.
    let first = panicked.first().unwrap().to_string();
    said(&shop, &["events", "replay", &first]);
    until_async("it is tried again", SOON, async || parked(&shop).len() == ran.poison.len() + bombs.len())
        .await;
    shop.process("main").terminate();
    shop.process("main").exit(SOON);
    shop.panic_at("main", None);
    shop.start("main");
    shop.ready().await;
    let since = Instant::now();
    for event in &panicked {
        said(&shop, &["events", "replay", &event.to_string()]);
    }
    holds(&shop, &ran).await;
    measured.run(ran.accepted.len(), since.elapsed());
    measured.note = format!("{} parked; others waited for {waited:.1?}", ran.poison.len() + panicked.len());
}

#[tokio::test]
async fn poison_among_the_events_is_parked_and_the_others_are_not_concerned() {
    let mut measured = Measured::default();
    for _ in rounds(1) {
        poisoned(&mut measured).await;
    }
}
