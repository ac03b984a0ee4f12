//! What the endpoint shows, and what it refuses.

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use notifications_core::{MessageStore as _, News};
use notifications_infra::Post;
use outgrow_testkit::{Edge, SequentialIds, TestHome};
use serde_json::json;

use crate::{
    delivered::Delivered,
    sample::{at, confirmed, id, mark, message, order},
};

/// The endpoint of the module, in a shell of its own.
async fn edge() -> (TestHome, Edge) {
    let place = TestHome::sqlite(&notifications_infra::SPEC).await;
    let endpoints = notifications_infra::endpoints(notifications_infra::build(place.home(), Post::Console));
    let about =
        About { title: "Notifications".into(), version: "1".into(), description: "For tests.".into() };
    let operations = Operations::new(async || Readiness(vec![]), async || String::new());
    (place, Edge::new(shell(about, [endpoints], operations, Arc::new(SequentialIds::new()))))
}

#[tokio::test]
async fn the_messages_that_were_sent_about_an_order_are_shown() {
    let (place, edge) = edge().await;
    let store = Delivered::to(&place);
    store.intend(message(1, 1, confirmed()), mark(1, 1)).await.unwrap();
    store.intend(message(2, 1, News::Cancelled), mark(1, 2)).await.unwrap();
    store.mark_sent(id(1), at(5)).await.unwrap();
    let letter = message(1, 1, confirmed()).letter;
    let shown = json!({
        "id": id(1).to_string(), "order": order(1).to_string(), "outcome": "confirmed",
        "to": "ada", "subject": letter.subject, "text": letter.text,
    });
    let answer = edge.get(&format!("/v1/notifications?order={}", order(1))).await.ok(200);
    assert_eq!(answer, json!({ "items": [shown], "next": null, "undeliverable": [] }));
}

#[tokio::test]
async fn an_order_that_nobody_has_heard_of_has_no_messages() {
    let (_place, edge) = edge().await;
    let answer = edge.get(&format!("/v1/notifications?order={}", order(404))).await.ok(200);
    assert_eq!(answer, json!({ "items": [], "next": null, "undeliverable": [] }));
}

#[tokio::test]
async fn a_query_that_does_not_name_an_order_is_refused() {
    let (_place, edge) = edge().await;
    let ask = async |query: &str| edge.get(&format!("/v1/notifications{query}")).await.problem();
    for query in ["", "?order=17", &format!("?order={}&limit=1", order(1))] {
        assert_eq!(ask(query).await[0], "400 invalid-parameter", "{query}");
    }
}

#[tokio::test]
async fn a_message_that_will_never_be_sent_is_shown_with_the_reason() {
    let (place, edge) = edge().await;
    let store = Delivered::to(&place);
    store.intend(message(1, 1, confirmed()), mark(1, 1)).await.unwrap();
    store.mark_refused(id(1), "no such mailbox").await.unwrap();
    let shown =
        json!({ "id": id(1).to_string(), "outcome": "confirmed", "to": "ada", "reason": "no such mailbox" });
    let answer = edge.get(&format!("/v1/notifications?order={}", order(1))).await.ok(200);
    assert_eq!(answer, json!({ "items": [], "next": null, "undeliverable": [shown] }));
}
