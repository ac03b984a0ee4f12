//! The shell: unknown paths, wrong methods, panics, documentation, operations.

use std::sync::Arc;

use adapter_http::{Component, Endpoints, Operations, Readiness, operations, routes};
use axum::{
    body::Body,
    http::{Method, Request},
};
use outgrow_testkit::SequentialIds;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::support::{ask, ask_of, endpoints, get, post, router_of};

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    for path in ["/v1", "/v1/order", "/v1/orders/", "/v2/orders", "/docs/nothing.js"] {
        let expected = json!({
            "type": "urn:outgrow:problem:not-found",
            "title": "Not found",
            "status": 404,
            "detail": "There is nothing at this path.",
        });
        assert_eq!(ask(get(path)).await.problem(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_that_says_which_are_right() {
    for (method, path, allowed) in [
        (Method::DELETE, "/v1/orders", "POST,GET,HEAD"),
        (Method::POST, "/v1/orders/7", "GET,HEAD"),
        (Method::PUT, "/health/live", "GET,HEAD"),
    ] {
        let answer = ask(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
        let expected = json!({
            "type": "urn:outgrow:problem:method-not-allowed",
            "title": "Method not allowed",
            "status": 405,
            "detail": "This path has other methods: see the header `Allow`.",
        });
        assert_eq!(answer.problem(), expected);
        let mut allow: Vec<&str> = answer.header("allow").unwrap().split(',').collect();
        let mut allowed: Vec<&str> = allowed.split(',').collect();
        allow.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(allow, allowed, "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    let expected = json!({
        "type": "urn:outgrow:problem:internal",
        "title": "Something is wrong on our side",
        "status": 500,
        "detail": "This should not have happened. It has been logged under the correlation id.",
    });
    assert_eq!(ask(get("/v1/panic")).await.problem(), expected);
    assert_eq!(ask(get("/v1/bare/500")).await.problem(), expected);
}

#[tokio::test]
async fn a_status_without_a_body_becomes_a_problem_too() {
    for (status, kind) in
        [(404, "urn:outgrow:problem:not-found"), (413, "urn:outgrow:problem:too-large"), (451, "about:blank")]
    {
        assert_eq!(ask(get(&format!("/v1/bare/{status}"))).await.problem_type(), kind);
    }
    assert_eq!(ask(get("/v1/bare/204")).await.status, 204);
}

async fn openapi() -> Value {
    let answer = ask(get("/openapi.json")).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn the_description_is_openapi_3_1_of_every_route() {
    let openapi = openapi().await;
    assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1."), "{}", openapi["openapi"]);
    assert_eq!(
        openapi["info"],
        json!({"title": "A small shop", "version": "1.2.3", "description": "For tests."})
    );
    let operations: Vec<String> = openapi["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    assert_eq!(
        operations,
        [
            "get /v1/bare/{status}",
            "post /v1/context",
            "get /v1/orders",
            "post /v1/orders",
            "get /v1/orders/{id}",
            "post /v1/orders/{id}/cancellation",
            "get /v1/panic",
        ]
    );
}

#[tokio::test]
async fn what_is_true_of_all_operations_is_described_without_being_written() {
    let openapi = openapi().await;
    let place = &openapi["paths"]["/v1/orders"]["post"];
    assert_eq!(place["tags"], json!(["orders"]));
    assert_eq!(place["parameters"][0]["name"], "Idempotency-Key");
    assert_eq!(
        place["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
        "#/components/schemas/Problem"
    );
    let id = &openapi["paths"]["/v1/orders/{id}"]["get"]["parameters"][0];
    assert_eq!((&id["name"], &id["in"], &id["required"]), (&json!("id"), &json!("path"), &json!(true)));

    let schemas = openapi["components"]["schemas"].as_object().unwrap();
    let names: Vec<&String> = schemas.keys().collect();
    assert_eq!(
        names,
        [
            "Cursor",
            "FieldError",
            "LineBody",
            "Money",
            "Page_String",
            "Place",
            "PlaceBody",
            "Problem",
            "Speed"
        ]
    );
    assert_eq!(schemas["Problem"]["required"], json!(["type", "title", "status"]));
    assert_eq!(schemas["PlaceBody"]["additionalProperties"], false);
}

#[tokio::test]
async fn every_reference_in_the_description_leads_somewhere() {
    let openapi = openapi().await;
    let text = openapi.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(openapi.pointer(reference).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_documentation_can_be_browsed_offline() {
    let moved = ask(get("/docs")).await;
    assert_eq!((moved.status, moved.header("location")), (303, Some("/docs/")));
    let page = ask(get("/docs/")).await;
    assert_eq!(page.status, 200);
    let linked: Vec<&str> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| page.text().split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(linked.len() >= 3, "{linked:?}");
    for file in linked {
        assert!(!file.contains("//"), "{file}");
        assert_eq!(ask(get(&format!("/docs/{}", file.trim_start_matches("./")))).await.status, 200, "{file}");
    }
    let start = ask(get("/docs/swagger-initializer.js")).await;
    assert!(start.text().contains("/openapi.json"), "{}", start.text());
    assert!(start.text().contains(r#""validatorUrl": "none""#), "{}", start.text());
}

#[derive(ToSchema, serde::Serialize)]
#[schema(as = PlaceBody)]
struct Other {
    other: String,
}

/// Something of another module.
#[utoipa::path(get, path = "/v1/other", responses((status = 200, body = Other)))]
async fn other() {}

#[test]
#[should_panic(expected = "two schemas are named `PlaceBody`")]
fn two_schemas_of_one_name_cannot_be_composed() {
    let _router = router_of([endpoints(), Endpoints::new("other", (), [routes!(other)])]);
}

#[tokio::test]
async fn a_missing_peer_is_listed_and_no_reason_not_to_be_ready() {
    assert_eq!(ask(get("/health/live")).await.json(), json!({"live": true}));
    let ready = ask(get("/health/ready")).await;
    let expected = json!({
        "ready": true,
        "components": [
            {"name": "store", "up": true, "peer": false},
            {"name": "stock", "up": false, "peer": true},
        ],
    });
    assert_eq!((ready.status, ready.json()), (200, expected));
    let metrics = ask(get("/metrics")).await;
    assert_eq!((metrics.status, metrics.text()), (200, "up 1\n"));
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
}

#[tokio::test]
async fn a_process_without_an_api_has_its_operations() {
    let waiting =
        || async { Readiness(vec![Component::own("store", false).detail("waits for `shop migrate`")]) };
    let ids = Arc::new(SequentialIds::new());
    let router = operations(Operations::new(waiting, async || String::new()), ids);
    let ready = ask_of(router.clone(), get("/health/ready")).await;
    let expected = json!({
        "ready": false,
        "components": [{"name": "store", "up": false, "peer": false, "detail": "waits for `shop migrate`"}],
    });
    assert_eq!((ready.status, ready.json()), (503, expected));
    assert_eq!(ask_of(router.clone(), get("/docs")).await.problem_type(), "urn:outgrow:problem:not-found");
    assert_eq!(ask_of(router, post("/v1/orders", "{}")).await.status, 404);
}
