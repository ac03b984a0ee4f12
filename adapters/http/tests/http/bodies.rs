//! Bodies: what is read, and how what is not is refused.

use axum::{body::Body, http::Request};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;

use super::support::{ask, place_body, post};

const GOOD: &str = r#"{"customer":"ann","lines":[{"sku":"tea","quantity":2}]}"#;

#[tokio::test]
async fn a_good_body_is_read_and_answered_without_anything_volatile() {
    let answers = [place_body(GOOD).await, place_body(GOOD).await];
    assert_eq!(answers[0].status, 201);
    assert_eq!(
        answers[0].text(),
        r#"{"customer":"ann","lines":[{"sku":"tea","quantity":2}],"gift":false,"speed":"slow"}"#
    );
    assert_eq!(answers[0].body, answers[1].body);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused_with_its_line_and_column() {
    for (body, detail) in [
        ("{\"customer\": \"ann\",\n  oops}", "This is not JSON: line 2, column 3."),
        ("{\"customer\": \"ann\"", "The JSON ends too early: line 1, column 18."),
        ("{} {}", "This is not JSON: line 1, column 4."),
        ("", "There is no body; JSON is expected."),
        (" \n ", "There is no body; JSON is expected."),
        (
            "{\"customer\":\"ann\",\"customer\":\"bob\"}",
            "A name is given twice in one object: line 1, column 28.",
        ),
    ] {
        let answer = place_body(body).await;
        let expected = json!({
            "type": "urn:outgrow:problem:malformed-json",
            "title": "The body is not JSON",
            "status": 400,
            "detail": detail,
        });
        assert_eq!(answer.problem(), expected, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_nested_too_deeply_is_told_so() {
    let problem = place_body("[".repeat(200)).await.problem();
    assert_eq!(problem["detail"], "The JSON is nested too deeply: line 1, column 128.");
}

#[tokio::test]
async fn what_only_looks_like_many_values_is_read() {
    let customer = "\\\"[,{".repeat(40_000);
    let answer = place_body(GOOD.replace("ann", &customer)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn bodies_that_could_do_harm_are_malformed() {
    let deep = "[".repeat(200_000);
    let wide = format!("[{}0]", "0,".repeat(200_000));
    for body in [deep.into_bytes(), wide.into_bytes(), b"{\"customer\":\"\xff\"}".to_vec(), vec![0; 16]] {
        let answer = place_body(body).await;
        assert_eq!(answer.problem_type(), "urn:outgrow:problem:malformed-json");
    }
}

#[tokio::test]
async fn a_wrong_field_is_named_by_its_pointer_in_plain_words() {
    const WHOLE: &str = "must be a whole number from 0 to 4294967295";
    let line = |line: &str| format!(r#"{{"customer":"ann","lines":[{{"sku":"a","quantity":1}},{line}]}}"#);
    let with = |more: &str| format!(r#"{{"customer":"ann","lines":[],{more}}}"#);
    for (body, pointer, detail) in [
        ("[]".to_owned(), "", "must be an object"),
        ("null".to_owned(), "", "must be an object"),
        (r#"["ann",[]]"#.to_owned(), "", "must be an object"),
        (r#"{"lines":[]}"#.to_owned(), "/customer", "is missing"),
        (r#"{"customer":null,"lines":[]}"#.to_owned(), "/customer", "must be a text"),
        (r#"{"customer":7,"lines":[]}"#.to_owned(), "/customer", "must be a text"),
        (r#"{"customer":"ann","lines":{}}"#.to_owned(), "/lines", "must be a list"),
        (line("[\"a\",1]"), "/lines/1", "must be an object"),
        (line(r#"{"sku":"a"}"#), "/lines/1/quantity", "is missing"),
        (line(r#"{"sku":"a","quantity":"1"}"#), "/lines/1/quantity", WHOLE),
        (line(r#"{"sku":"a","quantity":-1}"#), "/lines/1/quantity", WHOLE),
        (line(r#"{"sku":"a","quantity":1.0}"#), "/lines/1/quantity", WHOLE),
        (line(r#"{"sku":"a","quantity":4294967296}"#), "/lines/1/quantity", WHOLE),
        (line(r#"{"sku":"a","quantity":1e30}"#), "/lines/1/quantity", WHOLE),
        (line(r#"{"sku":"a","quantity":99999999999999999999999}"#), "/lines/1/quantity", WHOLE),
        (line(r#"{"sku":"a","quantity":1e400}"#), "/lines/1/quantity", "is too large a number"),
        (line(r#"{"sku":"a","quantity":-1e400}"#), "/lines/1/quantity", "is too large a number"),
        (r#"{"customer":1e400}"#.to_owned(), "/customer", "is too large a number"),
        ("[[],[[1e400]]]".to_owned(), "/1/0/0", "is too large a number"),
        (with(r#""budget":{"amount":"1"}"#), "/budget/amount", "must be a whole number"),
        (with(r#""budget":{"amount":1.5}"#), "/budget/amount", "must be a whole number"),
        (with(r#""budget":{"amount":1e30}"#), "/budget/amount", "is too large a number"),
        (line(r#"{"sku":"a","quantity":1,"colour":2}"#), "/lines/1/colour", "is not known here"),
        (with(r#""gift":"yes""#), "/gift", "must be true or false"),
        (with(r#""speed":"warp""#), "/speed", "must be one of: slow, fast"),
        (with(r#""speed":{"fast":null}"#), "/speed", "must be a text"),
        (with(r#""budget":{"amount":1}"#), "/budget/currency", "is missing"),
        (
            with(r#""budget":{"amount":1,"currency":"eur"}"#),
            "/budget/currency",
            "a currency is three capital letters, such as EUR",
        ),
        (
            with(r#""a/b~c":1"#),
            "/a~1b~0c",
            "is not known here; known are: customer, lines, budget, gift, speed",
        ),
    ] {
        let answer = place_body(body.clone()).await;
        let named = if pointer.is_empty() { "the body" } else { pointer };
        let expected = json!({
            "type": "urn:outgrow:problem:invalid-request",
            "title": "The body is not valid",
            "status": 422,
            "detail": format!("{named}: {detail}"),
            "errors": [{"in": "body", "pointer": pointer, "detail": detail}],
        });
        assert_eq!(answer.problem(), expected, "{body}");
    }
}

#[tokio::test]
async fn where_no_body_is_needed_none_but_an_empty_one_is_taken() {
    const CANCELLATION: &str = "/v1/orders/0197f0e5-0000-7000-8000-000000000001/cancellation";
    assert_eq!(ask(Request::post(CANCELLATION).body(Body::empty()).unwrap()).await.status, 204);
    assert_eq!(ask(post(CANCELLATION, "{}")).await.status, 204);
    for (body, kind) in [
        ("garbage".to_owned(), "malformed-json"),
        ("null".to_owned(), "invalid-request"),
        (r#"{"reason":"late"}"#.to_owned(), "invalid-request"),
        (" ".repeat(2 * 1024 * 1024), "too-large"),
    ] {
        let answer = ask(post(CANCELLATION, body)).await;
        assert_eq!(answer.problem_type(), format!("urn:outgrow:problem:{kind}"));
    }
    let untyped = ask(Request::post(CANCELLATION).body(Body::from("{}")).unwrap()).await;
    assert_eq!(untyped.status, 415);
}

#[tokio::test]
async fn an_unknown_name_is_not_repeated_at_length() {
    let answer = place_body(format!(r#"{{"customer":"ann","lines":[],"{}":1}}"#, "x".repeat(100_000))).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.len() < 1000, "{}", answer.body.len());
}

#[tokio::test]
async fn several_wrong_fields_are_told_at_once() {
    let body = r#"{"customer":"","lines":[{"sku":"a","quantity":1},{"sku":"b","quantity":256}]}"#;
    let problem = place_body(body).await.problem();
    assert_eq!(problem["detail"], "/customer: must not be empty (and 1 more)");
    let errors = json!([
        {"in": "body", "pointer": "/customer", "detail": "must not be empty"},
        {"in": "body", "pointer": "/lines/1/quantity", "detail": "must be at most 255"},
    ]);
    assert_eq!(problem["errors"], errors);
}

#[tokio::test]
async fn of_ten_thousand_wrong_fields_twenty_are_named() {
    let lines = vec![r#"{"sku":"a","quantity":256}"#; 10_000].join(",");
    let problem = place_body(format!(r#"{{"customer":"ann","lines":[{lines}]}}"#)).await.problem();
    assert_eq!(problem["detail"], "/lines/0/quantity: must be at most 255 (and 9999 more)");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    for (content_type, status) in [
        (None, 415),
        (Some("text/plain"), 415),
        (Some("application/jsonx"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
        (Some("application/json; charset=utf-8"), 201),
        (Some("Application/JSON"), 201),
        (Some("application/vnd.shop+json"), 201),
    ] {
        let request = Request::post("/v1/orders");
        let request = match content_type {
            Some(content_type) => request.header("content-type", content_type),
            None => request,
        };
        let answer = ask(request.body(Body::from(GOOD)).unwrap()).await;
        assert_eq!(answer.status, status, "{content_type:?}");
        if status == 415 {
            let expected = json!({
                "type": "urn:outgrow:problem:unsupported-media-type",
                "title": "The body is not JSON",
                "status": 415,
                "detail": "Send JSON as it is, and say so: `Content-Type: application/json`, no `Content-Encoding`.",
            });
            assert_eq!(answer.problem(), expected);
        }
    }
}

#[tokio::test]
async fn a_body_of_a_mebibyte_is_read_and_one_byte_more_is_too_large() {
    let padded = |size: usize| format!("{GOOD}{}", " ".repeat(size - GOOD.len()));
    assert_eq!(place_body(padded(1 << 20)).await.status, 201);
    for announced in [true, false] {
        let body = padded((1 << 20) + 1);
        let request = if announced {
            let length = body.len();
            let mut request = post("/v1/orders", body);
            request.headers_mut().insert("content-length", length.into());
            request
        } else {
            let chunks: Vec<Result<Bytes, std::io::Error>> =
                body.as_bytes().chunks(8192).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
            post("/v1/orders", Body::from_stream(stream::iter(chunks)))
        };
        let expected = json!({
            "type": "urn:outgrow:problem:too-large",
            "title": "The body is too large",
            "status": 413,
            "detail": "A body has at most 1048576 bytes.",
        });
        assert_eq!(ask(request).await.problem(), expected);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_clients_failure() {
    let broken: [Result<Bytes, std::io::Error>; 2] =
        [Ok(Bytes::from_static(b"{\"cust")), Err(std::io::Error::other("secret-7"))];
    let answer = ask(post("/v1/orders", Body::from_stream(stream::iter(broken)))).await;
    assert_eq!(answer.problem_type(), "urn:outgrow:problem:broken-body");
    assert!(!answer.text().contains("secret-7"));
}
