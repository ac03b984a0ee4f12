//! Paths and parameters.

use serde_json::json;

use super::support::{Answered, ask, get};

fn refused_parameter(answer: &Answered, place: &str, pointer: &str, detail: &str) {
    let expected = json!({
        "type": "urn:outgrow:problem:invalid-parameter",
        "title": "A parameter is not valid",
        "status": 400,
        "detail": format!("{pointer}: {detail}"),
        "errors": [{"in": place, "pointer": pointer, "detail": detail}],
    });
    assert_eq!(answer.problem(), expected);
}

#[tokio::test]
async fn parameters_are_read_with_their_defaults() {
    let items = async |query: &str| ask(get(&format!("/v1/orders?{query}"))).await.json()["items"].clone();
    assert_eq!(items("customer=ann").await, json!(["ann", "after 0", "limit 20", "lines 0", "gift false"]));
    assert_eq!(
        items("customer=ann+b%C3%A9&limit=100&min_lines=7&gift=true").await,
        json!(["ann bé", "after 0", "limit 100", "lines 7", "gift true"])
    );
}

#[tokio::test]
async fn a_wrong_parameter_is_named_in_plain_words() {
    const LIMIT: &str = "must be a whole number from 1 to 100";
    for (query, pointer, detail) in [
        ("", "/customer", "is missing"),
        ("customer=a&limit=0", "/limit", LIMIT),
        ("customer=a&limit=101", "/limit", LIMIT),
        ("customer=a&limit=-1", "/limit", LIMIT),
        ("customer=a&limit=", "/limit", LIMIT),
        ("customer=a&limit=ten", "/limit", LIMIT),
        ("customer=a&limit=99999999999999999999", "/limit", LIMIT),
        ("customer=a&min_lines=65536", "/min_lines", "must be a whole number from 0 to 65535"),
        ("customer=a&gift=maybe", "/gift", "must be true or false"),
        ("customer=%ff", "/customer", "must be UTF-8, without U+FFFD, the mark of lost text"),
        ("customer=a&customer=b", "/customer", "is given twice"),
        (
            "customer=a&sort=up",
            "/sort",
            "is not known here; known are: customer, after, limit, min_lines, gift",
        ),
    ] {
        refused_parameter(&ask(get(&format!("/v1/orders?{query}"))).await, "query", pointer, detail);
    }
}

#[tokio::test]
async fn any_uuid_is_a_well_formed_id_and_nothing_else() {
    let id = "0197f0e5-0000-7000-8000-000000000001";
    assert_eq!(ask(get(&format!("/v1/orders/{id}"))).await.json(), json!(id));
    let unknown = ask(get("/v1/orders/00000000-0000-0000-0000-000000000000")).await;
    let expected = json!({"type": "urn:outgrow:problem:unknown-order", "title": "There is no such order", "status": 404});
    assert_eq!(unknown.problem(), expected);

    for id in ["7", "not-a-uuid", "%2F", "0197f0e5-0000-7000-8000-00000000000g"] {
        let problem = ask(get(&format!("/v1/orders/{id}"))).await.problem();
        assert_eq!(problem["type"], "urn:outgrow:problem:invalid-parameter", "{id}");
        assert_eq!(problem["errors"][0]["pointer"], "/id");
        assert_eq!(problem["errors"][0]["in"], "path");
    }
    let not_text = ask(get("/v1/orders/%ff")).await;
    assert_eq!(not_text.problem()["detail"], "The path is not UTF-8.");
}
