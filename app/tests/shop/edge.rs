//! What a client can do wrong, against the running shop: always a problem with a type and a place, never a 500.

use std::{io::Write as _, net::TcpStream};

use serde_json::{Value, json};

use crate::system::{System, order};

#[tokio::test]
async fn bad_input_is_a_problem_that_names_what_and_where() {
    let shop = System::started(&[], "").await;
    shop.sell("mug", 1250, 5).await;
    let dollars = json!({"sku": "usd", "name": "usd", "price": {"amount": 1, "currency": "USD"}});
    assert_eq!(shop.post("/v1/products", &dollars).await.status, 201);
    let line = |sku: &str, quantity: Value| json!({"sku": sku, "quantity": quantity});
    let with = |lines: Vec<Value>| json!({"customer": "ada", "lines": lines, "payment_token": "tok_ok"});
    let cases = [
        ("zero", with(vec![line("mug", json!(0))]), 422, "invalid-request", "/lines/0/quantity"),
        ("negative", with(vec![line("mug", json!(-1))]), 422, "invalid-request", "/lines/0/quantity"),
        (
            "huge",
            with(vec![line("mug", json!(9_000_000_000_000_000_000_u64))]),
            422,
            "invalid-request",
            "/lines/0/quantity",
        ),
        ("a fraction", with(vec![line("mug", json!(1.5))]), 422, "invalid-request", "/lines/0/quantity"),
        ("text", with(vec![line("mug", json!("2"))]), 422, "invalid-request", "/lines/0/quantity"),
        ("no lines", with(vec![]), 422, "invalid-request", "/lines"),
        ("10,000 lines", with(vec![line("mug", json!(1)); 10_000]), 422, "invalid-request", "/lines"),
        ("a bad sku", with(vec![line("mug mug", json!(1))]), 422, "invalid-request", "/lines/0/sku"),
        (
            "an unknown sku",
            with(vec![line("mug", json!(1)), line("nil", json!(1))]),
            422,
            "unknown-sku",
            "/lines/1/sku",
        ),
        (
            "mixed currencies",
            with(vec![line("mug", json!(1)), line("usd", json!(1))]),
            422,
            "mixed-currencies",
            "/lines/1",
        ),
        (
            "an unknown field",
            json!({"customer": "ada", "lines": [], "payment_token": "x", "vip": true}),
            422,
            "invalid-request",
            "/vip",
        ),
        (
            "a missing field",
            json!({"customer": "ada", "lines": [line("mug", json!(1))]}),
            422,
            "invalid-request",
            "/payment_token",
        ),
        (
            "a long customer",
            json!({"customer": "a".repeat(65), "lines": [line("mug", json!(1))], "payment_token": "x"}),
            422,
            "invalid-request",
            "/customer",
        ),
    ];
    for (what, body, status, kind, pointer) in cases {
        let reply = shop.post("/v1/orders", &body).await;
        let problem = reply.json();
        assert_eq!(reply.status, status, "{what}: {problem}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(problem["type"], format!("urn:outgrow:problem:{kind}"), "{what}: {problem}");
        let pointers: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert!(pointers.contains(&&Value::from(pointer)), "{what}: {problem}");
    }
    assert_eq!(shop.get("/v1/orders?customer=ada").await.json()["items"], json!([]), "nothing was placed");
}

#[tokio::test]
async fn everything_else_a_client_gets_wrong_is_a_problem_too() {
    let shop = System::started(&[], "").await;
    let unknown = "00000000-0000-0000-0000-000000000000";
    let gets = [
        (format!("/v1/orders/{unknown}"), 404, "unknown-order"),
        ("/v1/orders/7".to_owned(), 400, "invalid-parameter"),
        ("/v1/orders?customer=ada&after=made-up".to_owned(), 400, "invalid-cursor"),
        ("/v1/orders?customer=ada&limit=0".to_owned(), 400, "invalid-parameter"),
        ("/v1/orders?customer=ada&limit=101".to_owned(), 400, "invalid-parameter"),
        ("/v1/orders".to_owned(), 400, "invalid-parameter"),
        ("/v1/orders?customer=ada&colour=blue".to_owned(), 400, "invalid-parameter"),
        ("/v1/nothing".to_owned(), 404, "not-found"),
    ];
    for (path, status, kind) in gets {
        let reply = shop.get(&path).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert_eq!(reply.json()["type"], format!("urn:outgrow:problem:{kind}"), "{path}");
    }
    let http = shop.http();
    let malformed =
        http.post("/v1/orders").header("Content-Type", "application/json").body("{\"customer\": ");
    assert_eq!(malformed.send().await.unwrap().status, 400);
    let huge = http.post("/v1/orders").header("Content-Type", "application/json").body(vec![b' '; 2 << 20]);
    assert_eq!(huge.send().await.unwrap().status, 413);
    let untyped = http.post("/v1/orders").body(order("mug", 1).to_string());
    assert_eq!(untyped.send().await.unwrap().status, 415);
    let keyed = http.post("/v1/orders").header("Idempotency-Key", "a key").json(&order("mug", 1));
    assert_eq!(keyed.send().await.unwrap().status, 400);
    assert_eq!(http.put("/v1/orders").send().await.unwrap().status, 405);
}

#[tokio::test]
async fn the_api_describes_itself_offline() {
    let shop = System::started(&[], "").await;
    let openapi = shop.get("/openapi.json").await.json();
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<_> = openapi["paths"].as_object().unwrap().keys().cloned().collect();
    let expected = [
        "/v1/notifications",
        "/v1/order-history",
        "/v1/orders",
        "/v1/orders/{id}",
        "/v1/orders/{id}/cancellation",
        "/v1/orders/{id}/payment",
        "/v1/products",
        "/v1/products/{sku}",
        "/v1/products/{sku}/price",
        "/v1/stock/{sku}",
        "/v1/stock/{sku}/receipts",
    ];
    assert_eq!(paths, expected);
    for (path, item) in openapi["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(described, "{method} {path} {status}: OpenAPI demands a description");
            }
        }
    }
    for reference in references(&openapi) {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is elsewhere"));
        assert!(openapi.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let home = shop.get("/").await;
    assert_eq!((home.status.as_u16(), home.header("location")), (303, Some("/docs/")));
    let docs = shop.get("/docs/").await;
    assert_eq!(docs.status, 200);
    assert!(!docs.text().contains("https://"), "nothing is fetched from elsewhere");
}

/// Every `$ref` in a description.
fn references(description: &Value) -> Vec<&str> {
    match description {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn a_peer_that_sends_garbage_gets_nowhere_and_the_process_lives() {
    let shop = System::started(&[("stock", &["inventory"])], "").await;
    shop.sell("mug", 1250, 5).await;
    let garbage: [&[u8]; 4] =
        [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 4096], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\xff", b""];
    for bytes in garbage {
        let mut peer = TcpStream::connect(shop.grpc["stock"]).unwrap();
        peer.write_all(bytes).unwrap();
    }
    assert_eq!(shop.stock("mug").await, (5, 0, 5));
}

#[tokio::test]
async fn what_was_called_is_measured() {
    let shop = System::started(&[("stock", &["inventory"])], "").await;
    shop.sell("mug", 1250, 5).await;
    let metrics = shop.get("/metrics").await.text();
    let remote = format!(
        "port=\"inventory.v1.Inventory\",target=\"grpc://{}\",outcome=\"answered\"}} 1",
        shop.grpc["stock"]
    );
    assert!(metrics.contains(&remote), "{metrics}");
    assert!(
        metrics.contains("port=\"catalog.v1.Catalog\",target=\"local\",outcome=\"answered\"} 1"),
        "{metrics}"
    );
    let away = "outgrow_calls_turned_away_total{module=\"ordering\",port=\"ordering.v1.Ordering\",cause=\"overloaded\"} 0";
    assert!(metrics.contains(away), "{metrics}");
}
