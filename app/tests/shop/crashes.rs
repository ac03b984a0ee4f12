//! Whatever is killed, whenever: no accepted order is lost, and none has its effect twice.

use std::time::{Duration, Instant};

use outgrow_testkit::{Passing, Proxy, until_async};

use crate::{
    oracle::{Ran, holds},
    system::{SOON, System, order},
};

const SPLIT: &[(&str, &[&str])] = &[("stock", &["inventory"])];

#[tokio::test]
async fn orders_are_taken_while_stock_is_away_and_carried_on_when_it_returns() {
    let mut shop = System::started(SPLIT, "").await;
    shop.sell("mug", 1250, 5).await;
    shop.process("stock").kill();

    let placed = shop.post("/v1/orders", &order("mug", 2)).await;
    assert_eq!((placed.status.as_u16(), &placed.json()["status"]), (201, &"placed".into()));
    let away = shop.get("/v1/stock/mug").await;
    assert_eq!(away.status, 503, "{}", away.text());
    assert_eq!(away.json()["type"], "urn:outgrow:problem:not-executed");
    assert!(away.header("retry-after").is_some());

    shop.start("stock");
    let id = placed.json()["id"].as_str().unwrap().to_owned();
    shop.order_becomes(&id, "confirmed").await;
    assert_eq!(shop.stock("mug").await, (3, 0, 3), "they have left");
    holds(&shop, &Ran::new("mug", 5).accepted(&[id])).await;
}

#[tokio::test]
async fn an_order_left_between_two_steps_is_carried_on_at_the_next_start() {
    let mut shop = System::started(SPLIT, "").await;
    shop.sell("mug", 1250, 5).await;

    // The order is placed, and the answer about its goods does not come yet.
    shop.process("stock").freeze();
    let placed = shop.post("/v1/orders", &order("mug", 2)).await.json();
    assert_eq!(placed["status"], "placed");
    until_async("they are asked for", SOON, async || asked_for(&shop).await).await;

    // Its goods are held, but the outcome cannot be written: somebody else holds the store.
    let held = shop.data.hold(&ordering_infra::SPEC, "orders").await;
    shop.process("stock").thaw();
    until_async("the goods are held", SOON, async || shop.stock("mug").await.1 == 2).await;
    let id = placed["id"].as_str().unwrap().to_owned();
    assert_eq!(shop.get(&format!("/v1/orders/{id}")).await.json()["status"], "placed");
    shop.process("main").kill();
    held.give_back().await;

    shop.start("main");
    shop.order_becomes(&id, "confirmed").await;
    assert_eq!(shop.stock("mug").await, (3, 0, 3), "they have left once");
    holds(&shop, &Ran::new("mug", 5).accepted(&[id])).await;
}

#[tokio::test]
async fn a_peer_that_hangs_costs_no_more_than_the_time_budget() {
    let mut shop = System::started(SPLIT, "").await;
    shop.sell("mug", 1250, 5).await;
    shop.process("stock").freeze();
    let begun = Instant::now();
    let reply = shop.get("/v1/stock/mug").await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(begun.elapsed() < Duration::from_secs(10), "answered after {:?}", begun.elapsed());
    shop.process("stock").thaw();
    until_async("stock answers again", SOON, async || shop.get("/v1/stock/mug").await.status == 200).await;
}

/// How far a call had got when its peer was killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// The request did not arrive.
    OnItsWay,
    /// The request arrived, and its change waits for the store.
    Executing,
    /// The change was committed, and the answer did not come back.
    Committed,
}

#[tokio::test]
async fn a_command_whose_peer_is_killed_under_it_has_its_effect_once() {
    let mut shop = System::split(SPLIT, "");
    let network = shop.reach_through_proxy("stock").await;
    killed_at_every_point(&mut shop, &network, Passing::Requests).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn over_rabbitmq_a_command_whose_peer_is_killed_under_it_has_its_effect_once() {
    let mut shop = System::split(SPLIT, "");
    shop.reach_over_rabbitmq();
    let network = shop.reach_the_broker_through_proxy("stock").await;
    // To the broker the callee is a client: its answers are what a client says.
    killed_at_every_point(&mut shop, &network, Passing::Answers).await;
}

/// `no_answers` is what passes where requests reach stock and its answers do not come back.
async fn killed_at_every_point(shop: &mut System, network: &Proxy, no_answers: Passing) {
    for service in ["stock", "main"] {
        shop.start(service);
    }
    shop.ready().await;
    shop.sell("mug", 1250, 5).await;

    for (point, received) in [(Point::OnItsWay, 6), (Point::Executing, 7), (Point::Committed, 8)] {
        let held = match point {
            Point::Executing => Some(shop.data.hold(&inventory_infra::SPEC, "items").await),
            Point::OnItsWay | Point::Committed => None,
        };
        network.let_pass(match point {
            Point::OnItsWay => Passing::Nothing,
            Point::Executing => Passing::Both,
            Point::Committed => no_answers,
        });
        let http = shop.http();
        let receive = || {
            let receipt = serde_json::json!({"quantity": 1});
            http.post("/v1/stock/mug/receipts")
                .header("Idempotency-Key", &format!("{point:?}"))
                .json(&receipt)
        };
        let asked = tokio::spawn(receive().send());
        match point {
            // More than a ping has.
            Point::OnItsWay => until_async("it has left", SOON, async || network.withheld() > 64).await,
            Point::Executing => until_async("it executes", SOON, async || executes(shop).await).await,
            Point::Committed => {
                until_async("it is committed", SOON, async || on_hand(shop).await == received).await;
            }
        }
        shop.process("stock").kill();
        let cut_off = asked.await.unwrap().unwrap();
        assert_eq!(cut_off.status, 503, "{point:?}: {}", cut_off.text());
        if let Some(held) = held {
            held.give_back().await;
        }
        let expected = if matches!(point, Point::Committed) { received } else { received - 1 };
        assert_eq!(on_hand(shop).await, expected, "{point:?}");

        network.let_pass(Passing::Both);
        shop.start("stock");
        let again = async || receive().send().await.is_ok_and(|reply| reply.status == 201);
        until_async("the command is answered", SOON, again).await;
        assert_eq!(on_hand(shop).await, received, "{point:?}: received once");
    }
    holds(shop, &Ran::new("mug", 8)).await;
}

/// What is on hand, by the store itself.
async fn on_hand(shop: &System) -> u64 {
    let home = shop.data.home(&inventory_infra::SPEC).await;
    let rows = home.db().query("select on_hand from items where sku = 'mug'").all().await.unwrap();
    u64::try_from(rows[0].get::<i64>("on_hand").unwrap()).unwrap()
}

/// Whether Inventory is being called, by its own word.
pub(crate) async fn executes(shop: &System) -> bool {
    is_called(shop, "stock", "called").await
}

/// Whether Inventory is being called, by the word of who calls it.
async fn asked_for(shop: &System) -> bool {
    is_called(shop, "main", "calling").await
}

async fn is_called(shop: &System, service: &str, end: &str) -> bool {
    let metrics = shop.operations(service).get("/metrics").send().await.unwrap().text();
    let labels = format!("module=\"inventory\",port=\"inventory.v1.Inventory\",end=\"{end}\"");
    metrics.contains(&format!("outgrow_calls_in_flight{{{labels}}} 1\n"))
}

#[tokio::test]
async fn the_processes_of_a_system_start_in_any_order() {
    let services: [(&str, &[&str]); 2] = [("one", &["catalog"]), ("two", &["inventory"])];
    let orders = [
        ["main", "one", "two"],
        ["main", "two", "one"],
        ["one", "main", "two"],
        ["two", "main", "one"],
        ["one", "two", "main"],
        ["two", "one", "main"],
    ];
    for start in orders {
        let mut shop = System::split(&services, "");
        for service in start {
            shop.start(service);
            shop.process(service).line_with(&format!("serves `{service}`"), SOON);
        }
        shop.ready().await;
        shop.sell("mug", 1250, 1).await;
        let placed = shop.post("/v1/orders", &order("mug", 1)).await;
        assert_eq!(placed.status, 201, "{start:?}: {}", placed.text());
        shop.order_becomes(placed.json()["id"].as_str().unwrap(), "confirmed").await;
    }
}

#[tokio::test]
async fn a_service_is_ready_without_its_peers_and_says_who_is_missing() {
    let mut shop = System::split(SPLIT, "");
    shop.start("main");
    let http = shop.http();
    let ready = until_async("main is ready", SOON, async || {
        http.get("/health/ready").send().await.ok().filter(|reply| reply.status == 200)
    })
    .await;
    let components = ready.json()["components"].as_array().unwrap().clone();
    let missing: Vec<_> = components.iter().filter(|component| component["up"] == false).collect();
    assert_eq!(missing.len(), 1, "{components:#?}");
    assert!(missing[0]["name"].as_str().unwrap().starts_with("inventory.v1 at grpc://"), "{missing:#?}");
    assert_eq!(missing[0]["peer"], true);
}

#[tokio::test]
async fn a_hundred_who_want_the_same_thing_at_once_all_get_it() {
    let shop = System::started(&[], "").await;
    shop.sell("mug", 1250, 1).await;
    let receive = |_| {
        let receipt = serde_json::json!({"quantity": 1});
        tokio::spawn(shop.http().post("/v1/stock/mug/receipts").json(&receipt).send())
    };
    let asked: Vec<_> = (0..100).map(receive).collect();
    for reply in asked {
        let reply = reply.await.unwrap().unwrap();
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    assert_eq!(shop.stock("mug").await, (101, 0, 101));
}

#[tokio::test]
async fn one_key_asked_for_fifty_times_at_once_places_one_order() {
    let shop = System::started(&[], "").await;
    shop.sell("mug", 1250, 500).await;
    let ask = |_| {
        let call = shop.http().post("/v1/orders").header("Idempotency-Key", "once").json(&order("mug", 1));
        tokio::spawn(call.send())
    };
    let asked: Vec<_> = (0..50).map(ask).collect();
    let mut bodies = Vec::new();
    for reply in asked {
        let reply = reply.await.unwrap().unwrap();
        assert_eq!(reply.status, 201, "{}", reply.text());
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "every answer is the same byte for byte");
    let orders = shop.get("/v1/orders?customer=ada").await.json();
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    let id = orders["items"][0]["id"].as_str().unwrap().to_owned();
    holds(&shop, &Ran::new("mug", 500).accepted(&[id])).await;
}
