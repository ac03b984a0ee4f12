//! The history of orders follows what is told of them: whatever comes twice, late or after a crash, in the end it says
//! what the orders say. And it is made anew while the shop runs.

use std::collections::BTreeMap;

use ordering_contract::{Customer, OrderEvent, OrderId};
use outgrow::{Event as _, Money, event::Recorded};
use outgrow_testkit::{TestDir, until_async};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    command_line,
    system::{SOON, System, order},
};

/// How many orders arrive while the shop is killed, and how often that happens.
const ORDERS: usize = 24;
const KILLS: usize = 6;

/// Everything that a list of one customer has, page by page, or nothing if somebody does not answer.
async fn all(shop: &System, list: &str, customer: &str) -> Option<Vec<Value>> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/{list}?customer={customer}&limit=10{after}");
        let reply = shop.http().get(&path).send().await.ok()?;
        let page = (reply.status == 200).then(|| reply.json())?;
        items.extend(page["items"].as_array()?.iter().cloned());
        let Some(next) = page["next"].as_str() else { return Some(items) };
        after = format!("&after={next}");
    }
}

/// Places an order, and returns its id.
async fn place(shop: &System, quantity: u32) -> String {
    let placed = shop.post("/v1/orders", &order("mug", quantity)).await;
    assert_eq!(placed.status, 201, "{}", placed.text());
    placed.json()["id"].as_str().unwrap().to_owned()
}

/// What the orders of a customer say, and what their history says of the same.
async fn both(shop: &System, customer: &str) -> Option<[Vec<Value>; 2]> {
    let said = |id: &str, item: &Value| json!([item[id], item["status"], item["total"], item["reason"]]);
    let orders = all(shop, "orders", customer).await?.iter().map(|order| said("id", order)).collect();
    let history =
        all(shop, "order-history", customer).await?.iter().map(|entry| said("order", entry)).collect();
    Some([orders, history])
}

/// Waits until the history says what the orders say; returns it.
async fn agrees(shop: &System, customer: &str, orders: usize) -> Vec<Value> {
    until_async("the history says what the orders say", SOON, async || {
        both(shop, customer).await.is_some_and(|[orders, history]| orders == history)
    })
    .await;
    let history = all(shop, "order-history", customer).await.unwrap();
    assert_eq!(history.len(), orders);
    for entry in &history {
        // Each says since when it is what it is, and of nothing else.
        let since =
            ["confirmed", "rejected", "cancelled"].map(|status| entry[format!("{status}_at")].is_string());
        let status = entry["status"].as_str().unwrap();
        assert_eq!(since[1], status == "rejected", "{entry}");
        assert_eq!(since[2], status == "cancelled", "{entry}");
        assert!(since[0] || status != "confirmed", "{entry}");
        assert!(entry["placed_at"].as_str().unwrap().ends_with('Z'), "{entry}");
    }
    history
}

/// Every order has come to an end.
async fn ended(shop: &System) {
    until_async("every order has ended", SOON, async || {
        let orders = all(shop, "orders", "ada").await?;
        orders.iter().all(|order| order["status"] != "placed").then_some(())
    })
    .await;
}

fn said(shop: &System, args: &[&str]) -> String {
    let output = shop.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn killed_again_and_again_it_says_what_the_orders_say(mut shop: System) {
    shop.sell("mug", 1250, 1_000).await;
    for round in 0..KILLS {
        for number in 0..ORDERS / KILLS {
            let id = place(&shop, if number == 0 { 2_000 } else { 1 }).await;
            if number == 1 && round % 2 == 0 {
                let cancelled = shop.post(&format!("/v1/orders/{id}/cancellation"), &json!({})).await;
                assert_eq!(cancelled.status, 200, "{}", cancelled.text());
            }
        }
        shop.process("main").kill();
        shop.start("main");
        shop.serves("main").await;
    }
    ended(&shop).await;
    let history = agrees(&shop, "ada", ORDERS).await;
    let mut outcomes = BTreeMap::new();
    for entry in &history {
        *outcomes.entry(entry["status"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(outcomes, BTreeMap::from([("cancelled", 3), ("confirmed", 15), ("rejected", 6)]));
    until_async("it is behind by nothing", SOON, async || {
        said(&shop, &["events", "lag"]) == "nothing waits\n"
    })
    .await;
}

#[tokio::test]
async fn the_history_of_a_shop_that_is_killed_again_and_again_says_what_the_orders_say() {
    killed_again_and_again_it_says_what_the_orders_say(System::started(&[], "").await).await;
}

#[tokio::test]
async fn through_the_wire_the_history_says_what_the_orders_say() {
    let loopback = "[modules.ordering]\nplacement = \"loopback\"\n";
    killed_again_and_again_it_says_what_the_orders_say(System::started(&[], loopback).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_the_history_of_a_shop_that_is_killed_again_and_again_says_what_the_orders_say() {
    killed_again_and_again_it_says_what_the_orders_say(System::started_on_postgres(&[], "").await).await;
}

/// Three events of an order of somebody else's.
fn events(order: OrderId) -> [Recorded; 3] {
    let (bob, total): (Customer, _) =
        ("bob".parse().unwrap(), Money { amount: 1250, currency: "EUR".parse().unwrap() });
    let recorded = |sequence, event: &OrderEvent| {
        let (kind, data) = event.to_json().unwrap();
        Recorded {
            id: Uuid::from_u128(order.0.as_u128() + u128::from(sequence)),
            stream: OrderEvent::STREAM.to_string(),
            key: order.to_string(),
            sequence,
            kind,
            data,
            at: OffsetDateTime::UNIX_EPOCH + time::Duration::minutes(i64::try_from(sequence).unwrap()),
            correlation: order.0,
            causation: None,
            previous: None,
        }
    };
    [
        recorded(1, &OrderEvent::OrderPlaced { order, customer: bob.clone(), total }),
        recorded(2, &OrderEvent::OrderConfirmed { order, customer: bob.clone(), total }),
        recorded(3, &OrderEvent::OrderCancelled { order, customer: bob }),
    ]
}

#[tokio::test]
async fn what_comes_twice_or_late_is_in_the_history_once_and_in_order() {
    let shop = System::started(&[], "").await;
    let [placed, confirmed, cancelled] = events(OrderId(Uuid::from_u128(17)));
    let inbox = shop.data.home(&ordering_infra::SPEC).await.events().inbox;
    inbox.accept(&[cancelled.clone(), confirmed.clone(), confirmed.clone()]).await.unwrap();
    let lag: Value = serde_json::from_str(&said(&shop, &["events", "lag", "--json"])).unwrap();
    let waits =
        lag.as_array().unwrap().iter().map(|row| json!([row["module"], row["subscriber"], row["depth"]]));
    assert_eq!(waits.collect::<Vec<_>>(), [json!(["ordering", null, 2])], "it is behind by two");
    assert_eq!(all(&shop, "order-history", "bob").await, Some(vec![]));

    inbox.accept(&[placed.clone(), confirmed.clone()]).await.unwrap();
    let is_cancelled = async || {
        all(&shop, "order-history", "bob")
            .await?
            .first()
            .filter(|entry| entry["status"] == "cancelled")
            .cloned()
    };
    let entry = until_async("all of it is handled", SOON, is_cancelled).await;
    inbox.accept(&[confirmed, placed, cancelled]).await.unwrap();
    until_async("nothing waits", SOON, async || said(&shop, &["events", "lag"]) == "nothing waits\n").await;
    let once = json!({
        "order": Uuid::from_u128(17).to_string(), "status": "cancelled", "total": { "amount": 1250, "currency": "EUR" },
        "placed_at": "1970-01-01T00:01:00Z", "confirmed_at": "1970-01-01T00:02:00Z",
        "cancelled_at": "1970-01-01T00:03:00Z",
    });
    assert_eq!(entry, once);
    assert_eq!(all(&shop, "order-history", "bob").await, Some(vec![once]));
}

async fn the_history_is_made_anew_while_the_shop_runs(shop: &System) {
    shop.sell("mug", 1250, 5).await;
    let (first, _) = (place(shop, 1).await, place(shop, 9).await);
    ended(shop).await;
    assert_eq!(shop.post(&format!("/v1/orders/{first}/cancellation"), &json!({})).await.status, 200);
    let right = agrees(shop, "ada", 2).await;

    let spoil = async |mut tx: adapter_sql::Tx| {
        tx.query("update order_history set status = 'placed', cancelled_at = null").execute().await?;
        tx.commit(()).await
    };
    shop.data.home(&ordering_infra::SPEC).await.db().write(spoil).await.unwrap();
    assert_ne!(all(shop, "order-history", "ada").await.unwrap(), right);
    assert_eq!(said(shop, &["orders", "rebuild-history"]), "2 orders shown anew\n");
    assert_eq!(all(shop, "order-history", "ada").await.unwrap(), right);

    let _third = place(shop, 1).await;
    ended(shop).await;
    agrees(shop, "ada", 3).await;
}

#[tokio::test]
async fn the_history_is_made_anew() {
    the_history_is_made_anew_while_the_shop_runs(&System::started(&[], "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_the_history_is_made_anew() {
    the_history_is_made_anew_while_the_shop_runs(&System::started_on_postgres(&[], "").await).await;
}

/// The walk through the system in `docs/architecture.md`.
async fn what_is_left_of_an_order_that_is_not_paid(shop: &System) {
    shop.sell("mug", 1250, 5).await;
    let mut order = order("mug", 1);
    order["payment_token"] = json!("tok_declined");
    let placed = shop.http().post("/v1/orders").header("Prefer", "wait=5").json(&order).send().await.unwrap();
    let placed = placed.json();
    assert_eq!(
        (&placed["status"], &placed["reason"]["code"]),
        (&json!("rejected"), &json!("payment-declined"))
    );
    let id = placed["id"].as_str().unwrap();
    let payment = shop.get(&format!("/v1/orders/{id}/payment")).await.json();
    assert_eq!((&payment["status"], &payment["captured"]["amount"]), (&json!("declined"), &json!(0)));
    until_async("its goods are given back", SOON, async || shop.stock("mug").await == (5, 0, 5)).await;
    let path = format!("/v1/notifications?order={id}");
    let letter = until_async("a letter tells it", SOON, async || {
        let told = shop.get(&path).await.json();
        told["items"].get(0).and_then(|item| item["text"].as_str()).map(str::to_owned)
    })
    .await;
    assert!(letter.contains("could not be fulfilled"), "{letter}");
    let entry = agrees(shop, "ada", 1).await.remove(0);
    assert_eq!((&entry["status"], &entry["reason"]), (&json!("rejected"), &placed["reason"]));
}

#[tokio::test]
async fn an_order_that_is_not_paid_leaves_nothing_but_a_letter_and_its_history() {
    what_is_left_of_an_order_that_is_not_paid(&System::started(&[], "").await).await;
    let apart: &[(&str, &[&str])] = &[("till", &["payments"]), ("stock", &["inventory"])];
    what_is_left_of_an_order_that_is_not_paid(&System::started(apart, "").await).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_question_about_history_is_a_problem() {
    let shop = System::started(&[], "").await;
    let cases = [
        ("", "invalid-parameter"),
        ("?customer=", "invalid-parameter"),
        ("?customer=ada&limit=0", "invalid-parameter"),
        ("?customer=ada&limit=101", "invalid-parameter"),
        ("?customer=ada&after=x", "invalid-cursor"),
    ];
    for (query, kind) in cases {
        let problem = shop.get(&format!("/v1/order-history{query}")).await.json();
        let kind = json!(format!("urn:outgrow:problem:{kind}"));
        assert_eq!((&problem["status"], &problem["type"]), (&json!(400), &kind), "{query}");
    }
    let description = shop.get("/openapi.json").await.json();
    let described = &description["paths"]["/v1/order-history"]["get"];
    assert!(described["responses"]["200"].is_object(), "{described}");
}

#[test]
fn where_main_does_not_host_ordering_its_history_is_not_made_anew() {
    let dir = TestDir::new();
    let apart = "[services.main]\naddress = \"grpc://127.0.0.1:7100\"\n[services.till]\nmodules = [\"ordering\"]\naddress = \"grpc://127.0.0.1:7101\"\n";
    dir.write("outgrow.toml", apart);
    let (code, stdout, stderr) = command_line::run(&dir, &["orders", "rebuild-history"]);
    assert_eq!((code, &*stdout), (64, ""));
    assert!(stderr.contains("another service hosts ordering") && stderr.contains("to go on"), "{stderr}");
}
