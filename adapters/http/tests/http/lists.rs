//! Pages and cursors.

use adapter_http::Cursor;
use serde_json::json;

use super::support::{ask, get};

fn written(cursor: &Cursor) -> String {
    serde_json::to_value(cursor).unwrap().as_str().unwrap().to_owned()
}

fn made_of(text: &str) -> Cursor {
    serde_json::from_value(json!(text)).unwrap()
}

#[tokio::test]
async fn the_cursor_of_a_page_leads_to_the_next() {
    let first = ask(get("/v1/orders?customer=ann")).await.json();
    let next = first["next"].as_str().unwrap();
    let second = ask(get(&format!("/v1/orders?customer=ann&after={next}"))).await.json();
    assert_eq!(second["items"][1], "after 1");
}

#[test]
fn a_cursor_is_safe_in_urls_and_hides_any_id() {
    for id in ["", "tea", "é/?&=+%", "0197f0e5-0000-7000-8000-000000000001"] {
        let text = written(&Cursor::after("items", &id));
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
        assert_eq!(made_of(&text).read::<String>("items").unwrap(), id);
    }
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let of_a_word = written(&Cursor::after("items", &"not a number"));
    let of_another_list = written(&Cursor::after("others", &12345));
    let cut = &written(&Cursor::after("items", &12345))[..8];
    for cursor in ["", "x", "garbage", "====", "AAAAAA", "AAAAADEyMw", &of_a_word, &of_another_list, cut] {
        let answer = ask(get(&format!("/v1/orders?customer=ann&after={cursor}"))).await;
        let detail = "is not a cursor of this list: take it from `next` of the page before";
        let expected = json!({
            "type": "urn:outgrow:problem:invalid-cursor",
            "title": "This is not a cursor",
            "status": 400,
            "detail": format!("/after: {detail}"),
            "errors": [{"in": "query", "pointer": "/after", "detail": detail}],
        });
        assert_eq!(answer.problem(), expected, "{cursor}");
    }
}
