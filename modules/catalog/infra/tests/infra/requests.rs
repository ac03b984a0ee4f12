//! What the endpoints do.

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use outgrow_testkit::{Edge, SequentialIds, TestHome};
use serde_json::{Value, json};

pub(crate) fn mug() -> Value {
    json!({ "sku": "mug-blue", "name": "Blue mug ☕", "price": { "amount": 1250, "currency": "EUR" } })
}

/// The endpoints of the module, in a shell of their own.
pub(crate) async fn edge() -> (TestHome, Edge) {
    let place = TestHome::sqlite(&catalog_infra::SPEC).await;
    let endpoints = catalog_infra::endpoints(catalog_infra::build(place.home()));
    let about = About { title: "Catalog".into(), version: "1".into(), description: "For tests.".into() };
    let operations = Operations::new(async || Readiness(vec![]), async || String::new());
    // Its keys must not be those of the requests that bring their own.
    let ids = Arc::new(SequentialIds::starting_at(1_000));
    (place, Edge::new(shell(about, [endpoints], operations, ids)))
}

#[tokio::test]
async fn a_product_is_published_and_found_where_the_answer_says() {
    let (_place, edge) = edge().await;
    let published = edge.post("/v1/products", &mug()).await;
    assert_eq!(published.ok(201), mug());
    assert_eq!(published.header("location"), "/v1/products/mug-blue");
    assert_eq!(edge.get(published.header("location")).await.ok(200), mug());
}

#[tokio::test]
async fn a_known_sku_is_a_conflict() {
    let (_place, edge) = edge().await;
    edge.post("/v1/products", &mug()).await.ok(201);
    let again = edge.post("/v1/products", &mug()).await;
    assert_eq!(again.problem(), ["409 already-published"]);
}

#[tokio::test]
async fn the_same_request_under_the_same_key_gets_the_same_answer_byte_for_byte() {
    let (_place, edge) = edge().await;
    let first = edge.post_under("k", "/v1/products", &mug()).await;
    edge.put("/v1/products/mug-blue/price", &json!({ "amount": 1, "currency": "EUR" })).await.ok(200);
    let again = edge.post_under("k", "/v1/products", &mug()).await;
    assert_eq!(again.ok(201), mug());
    assert_eq!((again.body, again.headers.get("location")), (first.body, first.headers.get("location")));
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let (_place, edge) = edge().await;
    edge.post_under("k", "/v1/products", &mug()).await.ok(201);
    let mut other = mug();
    other["sku"] = json!("mug-red");
    assert_eq!(edge.post_under("k", "/v1/products", &other).await.problem(), ["422 key-reused"]);
    assert_eq!(edge.get("/v1/products/mug-red").await.status, 404);
}

#[tokio::test]
async fn a_product_gets_another_price_as_often_as_one_likes() {
    let (_place, edge) = edge().await;
    edge.post("/v1/products", &mug()).await.ok(201);
    for price in [json!({ "amount": 999, "currency": "EUR" }), json!({ "amount": 999, "currency": "CHF" })] {
        let mut repriced = mug();
        repriced["price"] = price.clone();
        for _ in 0..2 {
            assert_eq!(edge.put("/v1/products/mug-blue/price", &price).await.ok(200), repriced);
        }
        assert_eq!(edge.get("/v1/products/mug-blue").await.ok(200), repriced);
    }
}

#[tokio::test]
async fn a_product_that_does_not_exist_is_not_found() {
    let (_place, edge) = edge().await;
    let price = json!({ "amount": 1, "currency": "EUR" });
    assert_eq!(edge.get("/v1/products/mug-blue").await.problem(), ["404 unknown-product"]);
    assert_eq!(edge.put("/v1/products/mug-blue/price", &price).await.problem(), ["404 unknown-product"]);
}

#[tokio::test]
async fn an_empty_catalogue_is_one_empty_page() {
    let (_place, edge) = edge().await;
    assert_eq!(edge.get("/v1/products").await.ok(200), json!({ "items": [], "next": null }));
}

#[tokio::test]
async fn the_pages_of_the_catalogue_follow_one_another_by_their_cursors() {
    let (_place, edge) = edge().await;
    for sku in ["b", "A", "c", "Z.", "Z"] {
        let mut product = mug();
        product["sku"] = json!(sku);
        edge.post("/v1/products", &product).await.ok(201);
    }
    let (mut found, mut path) = (Vec::new(), "/v1/products?limit=2".to_owned());
    loop {
        let page = edge.get(&path).await.ok(200);
        let items = page["items"].as_array().unwrap();
        found.push(items.iter().map(|item| item["sku"].as_str().unwrap()).collect::<Vec<_>>().join(" "));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/products?limit=2&after={next}");
    }
    assert_eq!(found, ["A Z", "Z. b", "c"]);
}

#[tokio::test]
async fn a_home_that_fails_is_unavailable_and_worth_another_try() {
    let (place, edge) = edge().await;
    place.close().await;
    let answers = [
        edge.get("/v1/products").await,
        edge.get("/v1/products/x").await,
        edge.post("/v1/products", &mug()).await,
    ];
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
    let of_products = paths.keys().filter(|path| path.starts_with("/v1/")).collect::<Vec<_>>();
    assert_eq!(of_products, ["/v1/products", "/v1/products/{sku}", "/v1/products/{sku}/price"]);
    let schemas = &openapi["components"]["schemas"];
    for name in ["PublishProduct", "Product", "Money", "Problem"] {
        assert!(schemas[name].is_object(), "{name} is missing from {schemas}");
    }
    let publish = &paths["/v1/products"]["post"];
    assert!(publish["responses"]["201"]["headers"]["Location"].is_object(), "{publish}");
}
