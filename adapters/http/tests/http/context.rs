//! The context of a call, from headers.

use axum::{body::Body, http::Request};
use outgrow_testkit::SequentialIds;
use serde_json::json;

use super::support::{Answered, ask, ask_of, get, post, router};

async fn context(headers: &[(&str, &str)]) -> Answered {
    let request = headers
        .iter()
        .fold(Request::post("/v1/context"), |request, (name, value)| request.header(*name, *value));
    ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn what_the_headers_say_reaches_the_handler() {
    let correlation = "0197aaaa-0000-7000-8000-00000000000a";
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer =
        context(&[("x-correlation-id", correlation), ("idempotency-key", "k-1"), ("traceparent", trace)])
            .await;
    let expected = json!({
        "correlation": correlation, "key": "k-1", "trace": trace, "caller": "edge", "budget_above_4s": true,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("x-correlation-id"), Some(correlation));
    assert_eq!(answer.header("idempotency-key"), None);
}

#[tokio::test]
async fn what_the_headers_do_not_say_is_made() {
    let (first, second) = (SequentialIds::nth(1).to_string(), SequentialIds::nth(2).to_string());
    for headers in [&[][..], &[("x-correlation-id", "mine"), ("traceparent", "00-zz")]] {
        let answer = context(headers).await;
        assert_eq!(answer.header("x-correlation-id"), Some(&*first));
        let seen = answer.json();
        assert_eq!((&seen["correlation"], &seen["key"]), (&json!(first), &json!(second)));
        assert_eq!(seen["trace"], json!(null));
    }
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_255_visible_ascii_characters() {
    let longest = "k".repeat(255);
    for key in ["!", "~", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\"", &longest] {
        assert_eq!(context(&[("idempotency-key", key)]).await.json()["key"], json!(key));
    }
    let too_long = "k".repeat(256);
    for key in ["", " ", "a b", "é", "a\tb", &too_long] {
        let answer = context(&[("idempotency-key", key)]).await;
        let detail = "an idempotency key has 1 to 255 visible ASCII characters";
        let expected = json!({
            "type": "urn:outgrow:problem:invalid-parameter",
            "title": "A parameter is not valid",
            "status": 400,
            "detail": format!("/Idempotency-Key: {detail}"),
            "errors": [{"in": "header", "pointer": "/Idempotency-Key", "detail": detail}],
        });
        assert_eq!(answer.problem(), expected, "{key:?}");
    }
}

#[tokio::test]
async fn two_idempotency_keys_are_one_too_many() {
    let answer = context(&[("idempotency-key", "a"), ("idempotency-key", "b")]).await;
    assert_eq!(answer.problem()["errors"][0]["detail"], "is given twice");
}

#[tokio::test]
async fn no_key_is_made_for_a_question() {
    let router = router();
    for (request, made_before) in
        [(get("/health/live"), 0), (get("/health/live"), 1), (post("/v1/context", ""), 2)]
    {
        let answer = ask_of(router.clone(), request).await;
        let correlation = SequentialIds::nth(made_before + 1).to_string();
        assert_eq!(answer.header("x-correlation-id"), Some(&*correlation), "one id a question");
    }
}

#[tokio::test]
async fn every_answer_carries_its_correlation_id() {
    for path in ["/v1/orders?customer=ann", "/nowhere", "/v1/panic", "/docs/", "/health/live"] {
        assert!(ask(get(path)).await.header("x-correlation-id").is_some(), "{path}");
    }
}
