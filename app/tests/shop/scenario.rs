//! One scenario, the same on every placement: it is told to each, and what each answered is compared.

use outgrow_testkit::http::Reply;
use serde_json::{Value, json};

use crate::system::{System, order};

/// Everything a client of the shop sees, in order. Ids differ from run to run and are left out.
async fn told(shop: &System) -> Vec<String> {
    let mut transcript = Vec::new();
    let mut note = |what: &str, reply: &Reply| {
        let mut body = reply.json();
        if let Some(body) = body.as_object_mut() {
            body.remove("id");
            body.remove("order");
        }
        transcript.push(format!("{what}: {} {body}", reply.status));
    };
    shop.sell("mug", 1250, 6).await;
    shop.sell("pot", 3400, 1).await;
    note("products", &shop.get("/v1/products").await);
    note("stock", &shop.get("/v1/stock/mug").await);
    note("unknown stock", &shop.get("/v1/stock/none").await);
    note("known sku", &shop.post("/v1/products", &product("mug")).await);

    for (what, body) in placing() {
        let ask = || {
            shop.http()
                .post("/v1/orders")
                .header("Prefer", "wait=5")
                .header("Idempotency-Key", what)
                .json(&body)
        };
        let first = ask().send().await.unwrap();
        note(what, &first);
        let again = ask().send().await.unwrap();
        assert_eq!(first.body, again.body, "{what}: the same key and body get the same answer");
        note(
            "same key, other body",
            &shop
                .http()
                .post("/v1/orders")
                .header("Idempotency-Key", what)
                .json(&order("pot", 9))
                .send()
                .await
                .unwrap(),
        );
    }
    note("stock after", &shop.get("/v1/stock/mug").await);
    let page = shop.get("/v1/orders?customer=ada").await.json();
    let statuses: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|order| order["status"].clone()).collect();
    assert_eq!(statuses, ["rejected", "confirmed"], "newest first");

    let confirmed = page["items"][1]["id"].as_str().unwrap().to_owned();
    let payment = format!("/v1/orders/{confirmed}/payment");
    note("paid", &shop.get(&payment).await);
    let cancellation = format!("/v1/orders/{confirmed}/cancellation");
    note("cancelled", &shop.post(&cancellation, &json!({})).await);
    note("cancelled again", &shop.post(&cancellation, &json!({})).await);
    let back = async || shop.stock("mug").await == (4, 0, 4);
    outgrow_testkit::until_async("the goods are back in stock", crate::system::SOON, back).await;
    let refunded = async || shop.get(&payment).await.json()["status"] == "refunded";
    outgrow_testkit::until_async("the money is given back", crate::system::SOON, refunded).await;
    note("refunded", &shop.get(&payment).await);
    let rejected = page["items"][0]["id"].as_str().unwrap();
    let unpaid = shop.get(&format!("/v1/orders/{rejected}/payment")).await;
    assert_eq!(unpaid.status, 404, "nobody tried to pay it: {}", unpaid.text());
    let refused = shop.post(&format!("/v1/orders/{rejected}/cancellation"), &json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    transcript
}

/// What is ordered, one after the other.
fn placing() -> [(&'static str, Value); 6] {
    [
        ("confirmed", order("mug", 2)),
        ("out-of-stock", order("mug", 5)),
        ("unknown-sku", order("none", 1)),
        (
            "declined",
            json!({"customer": "eve", "payment_token": "tok_declined",
            "lines": [{"sku": "mug", "quantity": 1}]}),
        ),
        (
            "answer-of-the-provider-lost",
            json!({"customer": "eve", "payment_token": "tok_timeout",
            "lines": [{"sku": "mug", "quantity": 1}]}),
        ),
        (
            "two-lines",
            json!({"customer": "bob", "payment_token": "tok_ok",
            "lines": [{"sku": "mug", "quantity": 1}, {"sku": "pot", "quantity": 1}]}),
        ),
    ]
}

fn product(sku: &str) -> Value {
    json!({"sku": sku, "name": "again", "price": {"amount": 1, "currency": "EUR"}})
}

const LOOPBACK: &str = "
[modules]
catalog.placement = \"loopback\"
inventory.placement = \"loopback\"
notifications.placement = \"loopback\"
ordering.placement = \"loopback\"
payments.placement = \"loopback\"
";

#[tokio::test]
async fn the_same_story_is_told_on_every_placement() {
    let local = told(&System::started(&[], "").await).await;
    assert!(
        local.iter().any(|line| line.starts_with("confirmed: 201") && line.contains("\"confirmed\"")),
        "{local:#?}"
    );
    assert!(
        local
            .iter()
            .any(|line| line.starts_with("out-of-stock: 201") && line.contains("only 4 of mug available")),
        "{local:#?}"
    );
    assert!(local.iter().any(|line| line.starts_with("same key, other body: 422")), "{local:#?}");

    assert_eq!(told(&System::started(&[], LOOPBACK).await).await, local, "loopback");
    let stock = System::started(&[("stock", &["inventory"])], "").await;
    assert_eq!(told(&stock).await, local, "inventory over gRPC");
    let apart: [(&str, &[&str]); 5] = [
        ("one", &["catalog"]),
        ("two", &["inventory"]),
        ("three", &["ordering"]),
        ("four", &["notifications"]),
        ("five", &["payments"]),
    ];
    assert_eq!(told(&System::started(&apart, "").await).await, local, "everything over gRPC");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn the_same_story_is_told_on_postgresql() {
    let local = told(&System::started(&[], "").await).await;
    assert_eq!(told(&System::started_on_postgres(&[], "").await).await, local, "local");
    assert_eq!(told(&System::started_on_postgres(&[], LOOPBACK).await).await, local, "loopback");
    let stock: [(&str, &[&str]); 1] = [("stock", &["inventory"])];
    assert_eq!(told(&System::started_on_postgres(&stock, "").await).await, local, "inventory over gRPC");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn the_same_story_is_told_over_rabbitmq() {
    let local = told(&System::started(&[], "").await).await;
    let stock = System::started_over_rabbitmq(&[("stock", &["inventory"])]).await;
    assert_eq!(told(&stock).await, local, "inventory over RabbitMQ");
    let apart: [(&str, &[&str]); 5] = [
        ("one", &["catalog"]),
        ("two", &["inventory"]),
        ("three", &["ordering"]),
        ("four", &["notifications"]),
        ("five", &["payments"]),
    ];
    assert_eq!(told(&System::started_over_rabbitmq(&apart).await).await, local, "everything over RabbitMQ");
}

#[tokio::test]
#[ignore = "needs PostgreSQL and RabbitMQ: cargo xtask test"]
async fn the_same_story_is_told_over_rabbitmq_on_postgresql() {
    let local = told(&System::started(&[], "").await).await;
    let stock: [(&str, &[&str]); 1] = [("stock", &["inventory"])];
    let mut shop = System::split_on_postgres(&stock, "").await;
    shop.reach_over_rabbitmq();
    shop.migrate();
    assert_eq!(told(&shop.start_all(&stock).await).await, local, "inventory over RabbitMQ");
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn of_two_carriers_the_first_that_can_be_reached_is_taken() {
    let mut shop = System::split(&[("stock", &["inventory"])], "");
    shop.reach_over_rabbitmq();
    let network = shop.reach_through_proxy("stock").await;
    shop.also_reach_over_rabbitmq("stock");
    shop.start("stock");
    shop.start("main");
    shop.ready().await;
    let by = async |carrier: &str| {
        let metrics = shop.get("/metrics").await.text();
        let of = |line: &&str| {
            line.contains(&format!("port=\"inventory.v1.Inventory\",target=\"{carrier}"))
                && line.contains("answered")
        };
        metrics.lines().find(of).unwrap().rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()
    };
    shop.sell("mug", 1250, 5).await;
    assert_eq!((by("grpc").await, by("rabbitmq").await), (1, 0), "the first is preferred");
    drop(network);
    assert_eq!(shop.stock("mug").await, (5, 0, 5));
    assert_eq!(by("rabbitmq").await, 1, "the second, when the first is away");
}

#[tokio::test]
async fn the_remote_module_really_runs_elsewhere() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    shop.sell("mug", 1250, 5).await;
    assert_eq!(shop.stock("mug").await, (5, 0, 5));
    shop.process("stock").kill();
    let reply = shop.get("/v1/stock/mug").await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(shop.get("/v1/products").await.status == 200, "what is here goes on");
}

#[tokio::test]
async fn a_module_comes_home_with_its_data() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    shop.sell("mug", 1250, 5).await;
    for service in ["main", "stock"] {
        shop.process(service).terminate();
        assert!(shop.process(service).exit(crate::system::SOON).success());
    }
    shop.dir.write("outgrow.toml", format!("data.sample = false\nservices.main.http = \"{}\"\n", shop.main));
    shop.start("main");
    shop.ready().await;
    assert_eq!(shop.stock("mug").await, (5, 0, 5));
}
