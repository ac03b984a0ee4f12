//! What the endpoint shows, and what it refuses.

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use outgrow::CallContext;
use outgrow_testkit::{Edge, SequentialIds, TestHome};
use payments_contract::{AuthorizePayment, CapturePayment, Payments, RefundPayment};
use serde_json::json;

use crate::sample::{euro, id};

/// The endpoint of the module, in a shell of its own, and the module.
async fn edge() -> (TestHome, Arc<dyn Payments>, Edge) {
    let place = TestHome::sqlite(&payments_infra::SPEC).await;
    let payments = payments_infra::build(place.home());
    let endpoints = payments_infra::endpoints(Arc::clone(&payments));
    let about = About { title: "Payments".into(), version: "1".into(), description: "For tests.".into() };
    let operations = Operations::new(async || Readiness(vec![]), async || String::new());
    let edge = Edge::new(shell(about, [endpoints], operations, Arc::new(SequentialIds::new())));
    (place, payments, edge)
}

fn cx(key: &str) -> CallContext {
    CallContext::new("tests", SequentialIds::nth(1)).with_key(key.parse().unwrap())
}

fn authorize(token: &str) -> AuthorizePayment {
    AuthorizePayment { payment: id(1), token: token.parse().unwrap(), amount: euro(1250) }
}

fn path() -> String {
    format!("/v1/orders/{}/payment", id(1))
}

#[tokio::test]
async fn a_payment_is_shown_as_it_gets_on() {
    let (_place, payments, edge) = edge().await;
    let euros = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    let shown = |status: &str, captured, refunded| {
        json!({
            "order": id(1).to_string(), "status": status, "amount": euros(1250),
            "captured": euros(captured), "refunded": euros(refunded),
        })
    };
    payments.authorize(&cx("a"), authorize("tok_ok")).await.unwrap();
    assert_eq!(edge.get(&path()).await.ok(200), shown("authorized", 0, 0));
    payments.capture(&cx("c"), CapturePayment { payment: id(1) }).await.unwrap();
    assert_eq!(edge.get(&path()).await.ok(200), shown("captured", 1250, 0));
    payments.refund(&cx("r"), RefundPayment { payment: id(1) }).await.unwrap();
    assert_eq!(edge.get(&path()).await.ok(200), shown("refunded", 1250, 1250));
}

#[tokio::test]
async fn one_that_was_declined_says_why() {
    let (_place, payments, edge) = edge().await;
    payments.authorize(&cx("a"), authorize("tok_declined")).await.unwrap_err();
    let shown = edge.get(&path()).await.ok(200);
    assert_eq!(shown["status"], "declined");
    assert_eq!(shown["reason"], json!({ "code": "card-declined", "message": "the card was declined" }));
}

#[tokio::test]
async fn one_that_was_not_attempted_is_not_found() {
    let (_place, payments, edge) = edge().await;
    let refused = edge.get(&path()).await;
    assert_eq!(refused.problem(), ["404 unknown-payment"]);
    payments.refund(&cx("r"), RefundPayment { payment: id(1) }).await.unwrap();
    let ended = edge.get(&path()).await;
    assert_eq!(ended.problem(), ["404 unknown-payment"], "it ended before it was attempted");
    assert_eq!(edge.get("/v1/orders/seven/payment").await.problem()[0], "400 invalid-parameter");
}

#[tokio::test]
async fn a_home_that_fails_is_unavailable_and_worth_another_try() {
    let (place, _payments, edge) = edge().await;
    place.close().await;
    let answer = edge.get(&path()).await;
    assert_eq!(answer.problem(), ["503 not-executed"]);
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn the_documentation_has_the_endpoint_and_its_shapes() {
    let (_place, _payments, edge) = edge().await;
    let openapi = edge.get("/openapi.json").await.ok(200);
    assert!(openapi["paths"]["/v1/orders/{id}/payment"]["get"].is_object());
    for name in ["Payment", "PaymentStatus", "PaymentReason", "Problem"] {
        assert!(openapi["components"]["schemas"][name].is_object(), "{name}");
    }
}
