//! What people do about sagas that are parked: many at once, and what they are kept from.

use ordering_infra::SPEC;
use outgrow::saga::Turn;
use outgrow_testkit::until_async;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    sagas::{TILL, said, unfinished},
    system::{SOON, System, order},
};

const NOBODY: &str = "0197f0e5-0000-7000-8000-000000000000";

/// So many orders, none of which can be paid.
async fn unpaid(shop: &mut System, orders: usize) -> Vec<String> {
    shop.sell("mug", 1250, 50).await;
    shop.process("till").kill();
    let mut placed = Vec::new();
    for _ in 0..orders {
        placed
            .push(shop.post("/v1/orders", &order("mug", 1)).await.json()["id"].as_str().unwrap().to_owned());
    }
    until_async("all wait to be paid", SOON, async || {
        unfinished(shop).iter().filter(|saga| saga["trouble"].is_string()).count() == orders
    })
    .await;
    placed
}

/// What happens to the saga of an order, by hand.
async fn turn(shop: &System, id: &str, turn: Turn) {
    let upkeep = shop.data.home(&SPEC).await.saga_upkeep();
    upkeep.change(SPEC.sagas[0], id.parse::<Uuid>().unwrap(), turn, "the test").await.unwrap().unwrap();
}

async fn park(shop: &System, ids: &[String]) {
    for id in ids {
        turn(shop, id, Turn::Parked("it was begun 5 times".to_owned())).await;
    }
}

fn parked(shop: &System) -> usize {
    unfinished(shop).iter().filter(|saga| saga["parked"] == true).count()
}

/// How a command that is wrong is answered.
fn refused(shop: &System, args: &[&str]) -> String {
    let output = shop.command(args).output().unwrap();
    assert_eq!(output.status.code(), Some(64), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// What programs are told of a change.
fn row(id: &str, step: &str, done: &str) -> Value {
    json!({ "id": id, "module": "ordering", "saga": "fulfilment", "step": step, "done": done })
}

async fn many_are_tried_again(mut shop: System) {
    let gauge =
        |parked| format!("\noutgrow_sagas_parked{{module=\"ordering\",saga=\"fulfilment\"}} {parked}\n");
    let metrics = async |shop: &System| shop.get("/metrics").await.text();
    let ids = unpaid(&mut shop, 5).await;
    assert!(metrics(&shop).await.contains(&gauge(0)));
    park(&shop, &ids).await;
    assert!(metrics(&shop).await.contains(&gauge(5)));

    let wrong: [&[&str]; 4] = [
        &["retry", &ids[0], NOBODY],
        &["retry"],
        &["retry", &ids[0], "--all-parked"],
        &["retry", &ids[0], "--step", "authorize"],
    ];
    for wrong in wrong {
        refused(&shop, &[&["sagas"], wrong, &["--why", "no"]].concat());
    }
    for (wrong, why) in [
        (
            ["--step", "shop"],
            "no saga of this build has a step `shop`; there are authorize, capture, confirm, reserve, ship",
        ),
        (["--saga", "delivery"], "this build knows no saga `delivery`; there are fulfilment"),
    ] {
        let said = refused(&shop, &[&["sagas", "retry", "--all-parked", "--why", "no"][..], &wrong].concat());
        assert!(said.contains(why), "{said}");
    }
    for wrong in ["", " ", "two\nlines", "\u{1b}[31mred", &"w".repeat(501)] {
        refused(&shop, &["sagas", "retry", "--all-parked", "--why", wrong]);
    }
    assert_eq!(parked(&shop), 5, "whoever is wrong about one has changed none");

    let why = ["--why", "they are back", "--by", "ada"];
    let retry = |of: &[&str]| said(&shop, &[&["sagas", "retry"], of, &why].concat());
    let two: Value = serde_json::from_str(&retry(&[&ids[0], &ids[1], "--json"])).unwrap();
    assert_eq!(two, json!([row(&ids[0], "authorize", "retried"), row(&ids[1], "authorize", "retried")]));
    assert_eq!(retry(&["--all-parked", "--step", "ship"]), "nothing is parked there\n");
    let rest = retry(&["--all-parked", "--step", "authorize", "--saga", "fulfilment"]);
    assert_eq!(rest.lines().count(), 3, "{rest}");
    for id in &ids[2..] {
        assert!(rest.contains(&format!("ordering: fulfilment {id}, parked at authorize, is tried again\n")));
    }
    assert_eq!((parked(&shop), &*retry(&["--all-parked"])), (0, "nothing is parked\n"));
    assert_eq!(retry(&["--all-parked", "--json"]), "[]\n");
    assert!(metrics(&shop).await.contains(&gauge(0)));

    shop.start("till");
    for id in &ids {
        shop.order_becomes(id, "confirmed").await;
        let drawn = said(&shop, &["sagas", "show", id]);
        assert!(drawn.contains("retried by ada: they are back"), "{drawn}");
    }
}

#[tokio::test]
async fn many_that_are_parked_are_counted_and_tried_again_at_once() {
    many_are_tried_again(System::started(TILL, "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_many_that_are_parked_are_counted_and_tried_again_at_once() {
    many_are_tried_again(System::started_on_postgres(TILL, "").await).await;
}

#[tokio::test]
async fn an_order_whose_last_step_back_is_skipped_waits_to_be_cancelled() {
    let mut shop = System::started(TILL, "").await;
    let ids = unpaid(&mut shop, 2).await;
    shop.process("main").kill();
    for id in &ids {
        let turned = said(&shop, &["sagas", "compensate", id, "--why", "the shelf has burnt", "--json"]);
        let turned: Value = serde_json::from_str(&turned).unwrap();
        assert_eq!(turned, json!([row(id, "authorize", "compensated")]));
        turn(&shop, id, Turn::Undid).await;
    }
    park(&shop, &ids).await;
    let skip = |id: &str, more: &[&str]| {
        said(&shop, &[&["sagas", "skip", id, "--why", "there is nothing to be put back"], more].concat())
    };
    let behind = format!("ordering: fulfilment {}, parked at reserve, goes on behind its step\n", ids[0]);
    assert_eq!(skip(&ids[0], &[]), behind);
    let skipped: Value = serde_json::from_str(&skip(&ids[1], &["--json"])).unwrap();
    assert_eq!(skipped, json!([row(&ids[1], "reserve", "skipped")]));
    shop.start("main");
    shop.start("till");
    shop.ready().await;
    for id in &ids {
        assert_eq!(shop.get(&format!("/v1/orders/{id}")).await.json()["status"], "placed");
        assert_eq!(shop.post(&format!("/v1/orders/{id}/cancellation"), &json!({})).await.status, 200);
        shop.order_becomes(id, "cancelled").await;
    }
    assert_eq!(said(&shop, &["sagas", "list"]), "every saga has ended\n");
}

#[tokio::test]
async fn what_a_module_does_at_home_nobody_can_have_done_by_hand() {
    let mut shop = System::started(TILL, "").await;
    let ids = unpaid(&mut shop, 1).await;
    shop.process("main").kill();
    for _ in ["authorize", "capture", "ship"] {
        turn(&shop, &ids[0], Turn::Did).await;
    }
    park(&shop, &ids).await;
    let why = refused(&shop, &["sagas", "skip", &ids[0], "--why", "it is in the books"]);
    assert!(why.contains("parked at confirm") && why.contains("sagas retry"), "{why}");
    assert_eq!(parked(&shop), 1);
    said(&shop, &["sagas", "retry", &ids[0], "--why", "the disk was full"]);
    shop.start("main");
    shop.start("till");
    shop.ready().await;
    shop.order_becomes(&ids[0], "confirmed").await;
}
