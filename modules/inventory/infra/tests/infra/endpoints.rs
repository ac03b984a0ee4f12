//! What the endpoints do, and what they refuse: always a problem with a stable type, a pointer and a plain sentence.

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use axum::http::Method;
use inventory_contract::Quantity;
use outgrow_testkit::{Edge, SequentialIds, TestHome};
use serde_json::{Value, json};

const RECEIPTS: &str = "/v1/stock/mug-blue/receipts";

/// The endpoints of the module, in a shell of their own.
async fn edge() -> (TestHome, Edge) {
    let place = TestHome::sqlite(&inventory_infra::SPEC).await;
    let endpoints = inventory_infra::endpoints(inventory_infra::build(place.home()));
    let about = About { title: "Inventory".into(), version: "1".into(), description: "For tests.".into() };
    let operations = Operations::new(async || Readiness(vec![]), async || String::new());
    // Its keys must not be those of the requests that bring their own.
    let ids = Arc::new(SequentialIds::starting_at(1_000));
    (place, Edge::new(shell(about, [endpoints], operations, ids)))
}

fn mugs(on_hand: u32) -> Value {
    json!({ "sku": "mug-blue", "on_hand": on_hand, "reserved": 0, "available": on_hand })
}

#[tokio::test]
async fn a_receipt_answers_with_the_stock_afterwards() {
    let (_place, edge) = edge().await;
    assert_eq!(edge.post(RECEIPTS, &json!({ "quantity": 5 })).await.ok(201), mugs(5));
    assert_eq!(edge.post(RECEIPTS, &json!({ "quantity": 3 })).await.ok(201), mugs(8));
    assert_eq!(edge.get("/v1/stock/mug-blue").await.ok(200), mugs(8));
}

#[tokio::test]
async fn a_receipt_repeated_under_its_key_is_received_once() {
    let (_place, edge) = edge().await;
    let first = edge.post_under("k", RECEIPTS, &json!({ "quantity": 5 })).await;
    edge.post(RECEIPTS, &json!({ "quantity": 1 })).await.ok(201);
    let again = edge.post_under("k", RECEIPTS, &json!({ "quantity": 5 })).await;
    assert_eq!((again.ok(201), &again.body), (mugs(5), &first.body));
    assert_eq!(edge.get("/v1/stock/mug-blue").await.ok(200), mugs(6));
}

#[tokio::test]
async fn another_receipt_under_the_same_key_is_refused() {
    let (_place, edge) = edge().await;
    edge.post_under("k", RECEIPTS, &json!({ "quantity": 5 })).await.ok(201);
    let other = edge.post_under("k", RECEIPTS, &json!({ "quantity": 6 })).await;
    assert_eq!(other.problem(), ["422 key-reused"]);
    let elsewhere = edge.post_under("k", "/v1/stock/jug/receipts", &json!({ "quantity": 5 })).await;
    assert_eq!(elsewhere.problem(), ["422 key-reused"]);
}

#[tokio::test]
async fn what_was_never_received_is_not_found() {
    let (_place, edge) = edge().await;
    assert_eq!(edge.get("/v1/stock/mug-blue").await.problem(), ["404 never-received"]);
}

#[tokio::test]
async fn a_quantity_that_is_none_is_refused() {
    let (_place, edge) = edge().await;
    let rule = Quantity::RULE.to_owned();
    let whole = "must be a whole number".to_owned();
    let cases = [
        (json!(0), rule.clone()),
        (json!(-1), rule.clone()),
        (json!(1_000_001), rule.clone()),
        (json!(i64::MAX), rule),
        (json!(u64::MAX), "is too large a number".to_owned()),
        (json!(1.5), whole.clone()),
        (json!("5"), whole.clone()),
        (Value::Null, whole),
    ];
    for (quantity, detail) in cases {
        let refused = edge.post(RECEIPTS, &json!({ "quantity": quantity })).await;
        assert_eq!(
            refused.problem(),
            ["422 invalid-request".to_owned(), format!("body /quantity: {detail}")]
        );
    }
    assert_eq!(edge.get("/v1/stock/mug-blue").await.problem(), ["404 never-received"]);
}

#[tokio::test]
async fn a_receipt_with_a_missing_or_an_unknown_field_is_refused() {
    let (_place, edge) = edge().await;
    let missing = edge.post(RECEIPTS, &json!({})).await.problem();
    assert!(missing[1].starts_with("body /quantity: "), "{missing:?}");
    let unknown = edge.post(RECEIPTS, &json!({ "quantity": 1, "from": "Ulm" })).await.problem();
    assert!(unknown[1].starts_with("body /from: is not known here"), "{unknown:?}");
    assert_eq!((&*missing[0], &*unknown[0]), ("422 invalid-request", "422 invalid-request"));
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let (_place, edge) = edge().await;
    let post = async |body: &str| edge.ask(Method::POST, RECEIPTS, &[], body.to_owned()).await.problem();
    assert_eq!(post("").await, ["400 malformed-json"]);
    assert_eq!(post("{\"quantity\": 1").await, ["400 malformed-json"]);
    assert_eq!(post("7").await, ["422 invalid-request", "body : must be an object"]);
    assert_eq!(post(&" ".repeat(1024 * 1024 + 1)).await, ["413 too-large"]);
}

#[tokio::test]
async fn a_path_whose_sku_is_none_is_refused() {
    let (_place, edge) = edge().await;
    let rule = inventory_contract::Sku::RULE;
    let expected = ["400 invalid-parameter".to_owned(), format!("path /sku: is not well formed: {rule}")];
    let receipt = json!({ "quantity": 1 });
    for sku in ["a%20b", "%00", "a%2Fb", &"x".repeat(41)] {
        assert_eq!(edge.get(&format!("/v1/stock/{sku}")).await.problem(), expected, "{sku}");
        assert_eq!(
            edge.post(&format!("/v1/stock/{sku}/receipts"), &receipt).await.problem(),
            expected,
            "{sku}"
        );
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (_place, edge) = edge().await;
    let answer = edge.put("/v1/stock/mug-blue", &json!({})).await;
    assert_eq!(answer.problem(), ["405 method-not-allowed"]);
}

#[tokio::test]
async fn a_home_that_fails_is_unavailable_and_worth_another_try() {
    let (place, edge) = edge().await;
    place.close().await;
    let answers =
        [edge.get("/v1/stock/mug-blue").await, edge.post(RECEIPTS, &json!({ "quantity": 1 })).await];
    for answer in answers {
        assert_eq!(answer.problem(), ["503 not-executed"]);
        assert_eq!(answer.header("retry-after"), "1");
    }
}

#[tokio::test]
async fn the_documentation_has_every_endpoint_and_its_shapes() {
    let (_place, edge) = edge().await;
    let openapi = edge.get("/openapi.json").await.ok(200);
    let paths = openapi["paths"].as_object().unwrap();
    let of_stock = paths.keys().filter(|path| path.starts_with("/v1/")).collect::<Vec<_>>();
    assert_eq!(of_stock, ["/v1/stock/{sku}", "/v1/stock/{sku}/receipts"]);
    let schemas = &openapi["components"]["schemas"];
    for name in ["Receipt", "StockLevel", "Problem"] {
        assert!(schemas[name].is_object(), "{name} is missing from {schemas}");
    }
    assert_eq!(schemas["Receipt"]["properties"]["quantity"]["maximum"], 1_000_000);
}
