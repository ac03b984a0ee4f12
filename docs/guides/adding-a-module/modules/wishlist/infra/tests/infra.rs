//! Wishlist on SQLite and PostgreSQL.
#![cfg(test)]

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use outgrow::{CallContext, IdempotencyKey};
use outgrow_testkit::{Edge, SequentialIds, TestHome};
use serde_json::json;
use wishlist_contract::{Wish, Wishes, WishesQuery};
use wishlist_infra::{SPEC, build, endpoints};

async fn lists_are_kept(place: TestHome) {
    let key = |key: &str| key.parse::<IdempotencyKey>().unwrap();
    let cx = CallContext::new("tests", SequentialIds::nth(1));
    let ada = || "ada".parse().unwrap();
    for (number, sku) in [("1", "teapot"), ("2", "Mug"), ("1", "teapot"), ("3", "teapot")] {
        let wish = Wish { customer: ada(), sku: sku.parse().unwrap() };
        build(place.home()).wish(&cx.clone().with_key(key(number)), wish).await.unwrap();
    }
    let wishes = build(place.home()).wishes(&cx, WishesQuery { customer: ada() }).await.unwrap();
    assert_eq!(wishes, Wishes { skus: vec!["Mug".parse().unwrap(), "teapot".parse().unwrap()] });
    let nobody = WishesQuery { customer: "bob".parse().unwrap() };
    assert_eq!(build(place.home()).wishes(&cx, nobody).await.unwrap(), Wishes { skus: Vec::new() });
}

#[tokio::test]
async fn lists_are_kept_on_sqlite() {
    lists_are_kept(TestHome::sqlite(&SPEC).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn lists_are_kept_on_postgresql() {
    lists_are_kept(TestHome::postgres(&SPEC).await).await;
}

#[tokio::test]
async fn the_endpoints_keep_and_show_lists() {
    let place = TestHome::sqlite(&SPEC).await;
    let about = About { title: "Wishlist".into(), version: "1".into(), description: "For tests.".into() };
    let operations = Operations::new(async || Readiness(vec![]), async || String::new());
    let ids = Arc::new(SequentialIds::starting_at(1_000));
    let edge = Edge::new(shell(about, [endpoints(build(place.home()))], operations, ids));
    let path = "/v1/wishlists/ada";
    assert_eq!(edge.get(path).await.ok(200), json!({ "skus": [] }));
    for number in 0..100 {
        edge.post(path, &json!({ "sku": format!("{number:02}") })).await.ok(201);
    }
    assert_eq!(edge.get(path).await.ok(200)["skus"][99], "99");
    assert_eq!(edge.post(path, &json!({ "sku": "more" })).await.problem(), ["409 list-full"]);
    assert_eq!(edge.post(path, &json!({ "sku": "tea pot" })).await.status, 422);
}
