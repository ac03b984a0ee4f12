//! What lies between the processes goes away and comes back, perhaps elsewhere. Nobody is started again because of it.

use outgrow_testkit::{LoopbackAddr, TestBroker};

use crate::system::{SOON, System, order};

const SPLIT: &[(&str, &[&str])] = &[("stock", &["inventory"])];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn orders_are_taken_while_the_broker_is_away_and_carried_on_when_it_returns() {
    let mut broker = TestBroker::start(1024 * 1024);
    let mut shop = System::split(SPLIT, "");
    shop.reach_over(&broker.url());
    let mut shop = shop.start_all(SPLIT).await;
    shop.sell("mug", 1250, 20).await;

    broker.stop();
    let placed = shop.post("/v1/orders", &order("mug", 2)).await;
    assert_eq!((placed.status.as_u16(), &placed.json()["status"]), (201, &"placed".into()));
    let away = shop.get("/v1/stock/mug").await;
    assert_eq!(away.status, 503, "{}", away.text());
    assert_eq!(away.json()["type"], "urn:outgrow:problem:not-executed");
    broker.start_again();
    shop.order_becomes(placed.json()["id"].as_str().unwrap(), "confirmed").await;

    // Killed under orders: each is taken, and its goods leave once, whatever became of the calls between.
    let place = |n: u32| {
        let key = format!("order-{n}");
        tokio::spawn(
            shop.http().post("/v1/orders").header("Idempotency-Key", &key).json(&order("mug", 1)).send(),
        )
    };
    let mut placing: Vec<_> = (0..5).map(place).collect();
    broker.kill();
    placing.extend((5..10).map(place));
    broker.start_again();
    for placed in placing {
        let placed = placed.await.unwrap().unwrap();
        assert_eq!(placed.status, 201, "{}", placed.text());
        shop.order_becomes(placed.json()["id"].as_str().unwrap(), "confirmed").await;
    }
    assert_eq!(shop.stock("mug").await, (8, 0, 8));
    assert!(shop.process("main").is_running() && shop.process("stock").is_running());
}

#[tokio::test]
async fn a_peer_that_is_killed_and_returns_at_another_address_is_found_again() {
    let mut shop = System::split(SPLIT, "");
    // What others call it by stays; where that leads to changes.
    let name = shop.reach_through_proxy("stock").await;
    let mut shop = shop.start_all(SPLIT).await;
    shop.sell("mug", 1250, 5).await;

    shop.process("stock").kill();
    let placed = shop.post("/v1/orders", &order("mug", 2)).await.json();
    assert_eq!(placed["status"], "placed");
    let elsewhere = LoopbackAddr::new().free();
    shop.set("OUTGROW__SERVICES__STOCK__LISTEN", &format!("grpc://{elsewhere}"));
    name.lead_to(elsewhere);
    shop.start("stock");
    shop.process("stock").line_with(&elsewhere.to_string(), SOON);
    shop.order_becomes(placed["id"].as_str().unwrap(), "confirmed").await;
    assert_eq!(shop.stock("mug").await, (3, 0, 3));
}
