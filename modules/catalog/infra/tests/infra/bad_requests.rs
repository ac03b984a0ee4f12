//! What the endpoints refuse: always a problem of the 4xx with a stable type, a pointer and a plain sentence.

use axum::http::Method;
use serde_json::{Value, json};

use crate::requests::{edge, mug};

const SKU: &str = "a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`";
const NAME: &str = "a product's name has 1 to 200 characters, none of them a control character";

/// A mug with one field replaced; a null takes the field away.
fn mug_with(pointer: &str, value: Value) -> Value {
    let mut mug = mug();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = mug.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name)
    } else {
        parent.insert(name.to_owned(), value)
    };
    mug
}

#[tokio::test]
async fn a_product_with_a_wrong_field_is_refused_with_its_pointer() {
    let (_place, edge) = edge().await;
    let whole = "must be a whole number";
    let amount = "must be 1 to 100000000000".to_owned();
    let cases = [
        ("/sku", json!(""), SKU.to_owned()),
        ("/sku", json!("a b"), SKU.to_owned()),
        ("/sku", json!("ä"), SKU.to_owned()),
        ("/sku", json!("x".repeat(41)), SKU.to_owned()),
        ("/sku", json!("."), "`.` and `..` mean something else in URLs".to_owned()),
        ("/sku", json!(".."), "`.` and `..` mean something else in URLs".to_owned()),
        ("/sku", json!(7), "must be a text".to_owned()),
        ("/name", json!(""), NAME.to_owned()),
        ("/name", json!("a\u{0}b"), NAME.to_owned()),
        ("/name", json!("x".repeat(201)), NAME.to_owned()),
        ("/price", json!(1250), "must be an object".to_owned()),
        ("/price/amount", json!(0), amount.clone()),
        ("/price/amount", json!(-1), amount.clone()),
        ("/price/amount", json!(100_000_000_001_i64), amount.clone()),
        ("/price/amount", json!(i64::MAX), amount),
        ("/price/amount", json!(u64::MAX), "is too large a number".to_owned()),
        ("/price/amount", json!(12.5), whole.to_owned()),
        ("/price/amount", json!("1250"), whole.to_owned()),
        ("/price/currency", json!("eur"), "a currency is three capital letters, such as EUR".to_owned()),
        ("/colour", json!("blue"), "is not known here; known are: sku, name, price".to_owned()),
    ];
    for (pointer, value, detail) in cases {
        let refused = edge.post("/v1/products", &mug_with(pointer, value.clone())).await;
        let expected = ["422 invalid-request".to_owned(), format!("body {pointer}: {detail}")];
        assert_eq!(refused.problem(), expected, "{pointer} = {value}");
    }
    assert_eq!(edge.get("/v1/products").await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn a_product_with_a_missing_field_is_refused_with_its_pointer() {
    let (_place, edge) = edge().await;
    for pointer in ["/sku", "/name", "/price", "/price/amount", "/price/currency"] {
        let refused = edge.post("/v1/products", &mug_with(pointer, Value::Null)).await.problem();
        assert_eq!(refused[0], "422 invalid-request");
        assert!(refused[1].starts_with(&format!("body {pointer}: ")), "{refused:?}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let (_place, edge) = edge().await;
    let body = json!({ "sku": "a/b", "name": "", "price": { "amount": 0, "currency": "EUR" } });
    let refused = edge.post("/v1/products", &body).await.problem();
    let pointers: Vec<_> = refused.iter().map(|error| error.split(": ").next().unwrap()).collect();
    assert_eq!(pointers, ["422 invalid-request", "body /sku", "body /name", "body /price/amount"]);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let (_place, edge) = edge().await;
    let post =
        async |body: &str| edge.ask(Method::POST, "/v1/products", &[], body.to_owned()).await.problem();
    assert_eq!(post("").await, ["400 malformed-json"]);
    assert_eq!(post("{\"sku\": \"a\"").await, ["400 malformed-json"]);
    assert_eq!(post("{\"sku\": \"a\", \"sku\": \"b\"}").await, ["400 malformed-json"]);
    assert_eq!(post("[]").await[0], "422 invalid-request");
    assert_eq!(post(&"[".repeat(100_000)).await, ["400 malformed-json"]);
    assert_eq!(post(&" ".repeat(1024 * 1024 + 1)).await, ["413 too-large"]);
}

#[tokio::test]
async fn a_price_that_is_none_is_refused() {
    let (_place, edge) = edge().await;
    edge.post("/v1/products", &mug()).await.ok(201);
    let cases = [
        (json!({ "amount": 0, "currency": "EUR" }), "body /amount: must be 1 to 100000000000"),
        (
            json!({ "amount": 1, "currency": "" }),
            "body /currency: a currency is three capital letters, such as EUR",
        ),
        (
            json!({ "amount": 1, "currency": "EUR", "tax": 19 }),
            "body /tax: is not known here; known are: amount, currency",
        ),
        (json!([1, "EUR"]), "body : must be an object"),
    ];
    for (price, error) in cases {
        let refused = edge.put("/v1/products/mug-blue/price", &price).await;
        assert_eq!(refused.problem(), ["422 invalid-request", error]);
    }
    assert_eq!(edge.get("/v1/products/mug-blue").await.ok(200), mug());
}

#[tokio::test]
async fn a_path_whose_sku_is_none_is_refused() {
    let (_place, edge) = edge().await;
    let expected = ["400 invalid-parameter".to_owned(), format!("path /sku: is not well formed: {SKU}")];
    for sku in ["a%20b", "%00", "a%2Fb", &"x".repeat(41)] {
        assert_eq!(edge.get(&format!("/v1/products/{sku}")).await.problem(), expected, "{sku}");
    }
}

#[tokio::test]
async fn a_parameter_of_a_page_that_is_none_is_refused() {
    let (_place, edge) = edge().await;
    let limit = "query /limit: must be a whole number from 1 to 100";
    let cursor = "query /after: is not a cursor of this list: take it from `next` of the page before";
    let cases = [
        ("limit=0", "400 invalid-parameter", limit),
        ("limit=101", "400 invalid-parameter", limit),
        ("limit=-1", "400 invalid-parameter", limit),
        ("limit=many", "400 invalid-parameter", limit),
        ("after=mug-blue", "400 invalid-cursor", cursor),
        ("after=", "400 invalid-cursor", cursor),
        ("colour=blue", "400 invalid-parameter", "query /colour: is not known here; known are: after, limit"),
    ];
    for (query, kind, error) in cases {
        let refused = edge.get(&format!("/v1/products?{query}")).await;
        assert_eq!(refused.problem(), [kind, error], "{query}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let (_place, edge) = edge().await;
    let foreign = serde_json::to_value(adapter_http::Cursor::after("orders", &"mug-blue")).unwrap();
    let refused = edge.get(&format!("/v1/products?after={}", foreign.as_str().unwrap())).await.problem();
    assert_eq!(refused[0], "400 invalid-cursor");
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (_place, edge) = edge().await;
    let answer = edge.ask(Method::DELETE, "/v1/products/mug-blue", &[], String::new()).await;
    assert_eq!(answer.problem(), ["405 method-not-allowed"]);
}
