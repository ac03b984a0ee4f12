//! What cannot be handled is set aside: seen, tried again or given up on the command line, while the shop runs.

use ordering_contract::{Customer, OrderEvent, OrderId};
use outgrow::{Event as _, Money, event::Recorded};
use outgrow_testkit::until_async;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::system::{SOON, System};

/// What the command says on stdout, which is not read before it has ended well.
fn said(shop: &System, args: &[&str]) -> String {
    let output = shop.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn parked(shop: &System) -> Vec<Value> {
    let list: Value = serde_json::from_str(&said(shop, &["events", "parked", "--json"])).unwrap();
    list.as_array().unwrap().clone()
}

/// Two events of an order: one that nobody can read, then that it was confirmed.
fn events(order: OrderId) -> [Recorded; 2] {
    let customer: Customer = "ada".parse().unwrap();
    let total = Money { amount: 1250, currency: "EUR".parse().unwrap() };
    let (kind, data) = OrderEvent::OrderConfirmed { order, customer, total }.to_json().unwrap();
    let recorded = |sequence, data: &str| Recorded {
        id: Uuid::from_u128(order.0.as_u128() + u128::from(sequence)),
        stream: OrderEvent::STREAM.to_string(),
        key: order.to_string(),
        sequence,
        kind: kind.clone(),
        data: data.to_owned(),
        at: OffsetDateTime::UNIX_EPOCH,
        correlation: order.0,
        causation: None,
        previous: None,
    };
    [recorded(1, r#"{"order":7}"#), recorded(2, &data)]
}

async fn an_event_that_cannot_be_handled_is_looked_after(shop: &System) {
    assert_eq!(said(shop, &["events", "parked"]), "nothing is parked\n");
    let order = OrderId(Uuid::from_u128(0x0197_f0e5_0000_7000_8000_0000_0000_0000));
    let [poison, confirmed] = events(order);
    let home = shop.data.home(&notifications_infra::SPEC).await;
    home.events().inbox.accept(&[confirmed, poison.clone()]).await.unwrap();

    let id = poison.id.to_string();
    until_async("it is set aside", SOON, async || parked(shop).len() == 1).await;
    let metrics = shop.get("/metrics").await.text();
    assert!(metrics.contains("\noutgrow_events_parked{module=\"notifications\"} 1\n"), "{metrics}");
    assert!(metrics.contains("\noutgrow_events_parked{module=\"ordering\"} 0\n"), "{metrics}");
    assert_eq!(metrics.matches("take max, not sum").count(), 2, "whoever shares a home tells the same");
    let listed = &parked(shop)[0];
    assert_eq!((&listed["id"], &listed["module"]), (&json!(id), &json!("notifications")));
    assert_eq!((&listed["attempts"], &listed["data"]), (&json!(1), &json!({ "order": 7 })));
    assert_eq!(listed["reason"], "it cannot be read: order: is not a text");
    let shown: Value = serde_json::from_str(&said(shop, &["events", "show", "--json", &id])).unwrap();
    assert_eq!(&shown, listed);
    let line = said(shop, &["events", "parked"]);
    assert!(line.starts_with(&format!("{id} notifications: ordering.v1.order_confirmed of ")), "{line}");
    let lag = said(shop, &["events", "lag"]);
    assert!(
        lag.contains("notifications (inbox)") && lag.contains("1 wait") && lag.contains("1 parked"),
        "{lag}"
    );

    let told = said(shop, &["events", "show", &id]);
    assert!(told.lines().any(|line| line == format!("id           {id}")), "{told}");
    assert!(told.contains("reason       it cannot be read: order: is not a text\n"), "{told}");

    // Nothing has changed: it is set aside again.
    let again: Value = serde_json::from_str(&said(shop, &["events", "replay", "--json", &id])).unwrap();
    assert_eq!(again, json!([{ "id": id, "module": "notifications", "done": "replayed" }]));
    until_async("it is tried again", SOON, async || parked(shop).len() == 1).await;

    assert_eq!(said(shop, &["events", "discard", &id]), format!("notifications: {id} is given up\n"));
    until_async("the next one of its key is handled", SOON, async || {
        let told = shop.get(&format!("/v1/notifications?order={order}")).await.json();
        told["items"].as_array().is_some_and(|items| items.len() == 1)
    })
    .await;
    assert_eq!(said(shop, &["events", "parked", "--json"]), "[]\n");
    let quiet: Value =
        serde_json::from_str(&said(shop, &["events", "lag", "--json", "--watch", "1"])).unwrap();
    assert_eq!(quiet, json!([]), "nothing waits, and nothing is handled now");
    let unknown = shop.command(&["events", "discard", &id]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(64));
    let why = String::from_utf8(unknown.stderr).unwrap();
    assert!(why.contains(&id) && why.contains("`events parked` lists"), "{why}");
}

const NOBODY: &str = "0197f0e5-0000-7000-8000-ffffffffffff";
const CONFIRMED: &str = "ordering.v1.order_confirmed";
const CANCELLED: &str = "ordering.v1.order_cancelled";

/// Sets an event of each of these kinds aside; nobody is there to try them again.
async fn set_aside(shop: &mut System, kinds: &[&str]) -> Vec<String> {
    let inbox = shop.data.home(&notifications_infra::SPEC).await.events().inbox;
    let mut ids = Vec::new();
    for (number, kind) in (1_u128..).zip(kinds) {
        let [poison, _] = events(OrderId(Uuid::from_u128(number * 16)));
        ids.push(poison.id.to_string());
        inbox.accept(&[Recorded { kind: (*kind).to_owned(), ..poison }]).await.unwrap();
    }
    until_async("all are set aside", SOON, async || parked(shop).len() == kinds.len()).await;
    shop.process("main").kill();
    ids
}

/// What a command that is wrong about something says on stdout, and why.
fn refused(shop: &System, args: &[&str]) -> (String, String) {
    let output = shop.command(&[&["events"], args].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(64), "{args:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

async fn many_are_decided_about(mut shop: System) {
    let kinds = [CONFIRMED, CONFIRMED, CONFIRMED, CANCELLED, CANCELLED, CONFIRMED];
    let ids = set_aside(&mut shop, &kinds).await;
    let wrong: [&[&str]; 5] = [
        &["replay"],
        &["discard"],
        &["replay", &ids[0], "--all"],
        &["replay", &ids[0], "--kind", CONFIRMED],
        &["replay", "--all", "--kind", "ordering.v1.order_framed"],
    ];
    let whys = wrong.map(|wrong| refused(&shop, wrong).1);
    assert!(
        whys[4].contains("`ordering.v1.order_framed`; there are") && whys[4].contains(CONFIRMED),
        "{whys:?}"
    );
    assert_eq!(parked(&shop).len(), 6, "whoever is wrong has changed nothing");

    let row = |id: &str, done: &str| json!({ "id": id, "module": "notifications", "done": done });
    let (said_first, why) = refused(&shop, &["replay", NOBODY, &ids[1], &ids[0], "--json"]);
    let rows: Value = serde_json::from_str(&said_first).unwrap();
    assert_eq!(rows, json!([row(&ids[0], "replayed"), row(&ids[1], "replayed")]));
    assert!(why.contains(NOBODY) && !why.contains(&ids[0]), "{why}");
    let (given_up, why) = refused(&shop, &["discard", &ids[2], NOBODY, &ids[0]]);
    assert_eq!(given_up, format!("notifications: {} is given up\n", ids[2]));
    assert!(why.contains(&format!("no event {} or {NOBODY} is parked", ids[0])), "{why}");

    let replay = |of: &[&str]| said(&shop, &[&["events", "replay", "--all"], of].concat());
    let again = |id: &str| format!("notifications: {id} is tried again\n");
    assert_eq!(replay(&["--kind", CANCELLED]), again(&ids[3]) + &again(&ids[4]));
    assert_eq!(replay(&["--kind", CANCELLED]), "nothing of that kind is parked\n");
    assert_eq!(replay(&[]), again(&ids[5]));
    assert_eq!((replay(&[]), replay(&["--json"])), ("nothing is parked\n".to_owned(), "[]\n".to_owned()));
}

#[tokio::test]
async fn many_that_were_set_aside_are_tried_again_or_given_up_at_once() {
    many_are_decided_about(System::started(&[], "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_many_that_were_set_aside_are_tried_again_or_given_up_at_once() {
    many_are_decided_about(System::started_on_postgres(&[], "").await).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_handled_is_set_aside_seen_and_given_up() {
    an_event_that_cannot_be_handled_is_looked_after(&System::started(&[], "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_an_event_that_cannot_be_handled_is_set_aside_seen_and_given_up() {
    an_event_that_cannot_be_handled_is_looked_after(&System::started_on_postgres(&[], "").await).await;
}
