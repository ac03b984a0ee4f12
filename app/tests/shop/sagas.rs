//! Orders are fulfilled by sagas: looked at and helped on the command line, and whole whatever is killed.

use outgrow_testkit::until_async;
use serde_json::{Value, json};

use crate::system::{SOON, System, order};

/// Payments are elsewhere.
pub(crate) const TILL: &[(&str, &[&str])] = &[("till", &["payments"])];

/// What the command says on stdout, which is not read before it has ended well.
pub(crate) fn said(shop: &System, args: &[&str]) -> String {
    let output = shop.command(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn unfinished(shop: &System) -> Vec<Value> {
    let list: Value = serde_json::from_str(&said(shop, &["sagas", "list", "--json"])).unwrap();
    list.as_array().unwrap().clone()
}

async fn parked(shop: &System) -> Value {
    until_async("it is parked", SOON, async || {
        unfinished(shop).into_iter().find(|saga| saga["parked"] == true)
    })
    .await
}

async fn payment(shop: &System, id: &str) -> String {
    let payment = shop.get(&format!("/v1/orders/{id}/payment")).await;
    if payment.status == 404 {
        "none".to_owned()
    } else {
        payment.json()["status"].as_str().unwrap().to_owned()
    }
}

/// Its goods are stolen while an order waits to be paid: they cannot be shipped.
async fn what_cannot_go_on_waits_for_people(mut shop: System) {
    shop.sell("mug", 1250, 5).await;
    shop.process("till").kill();
    let placed = shop.post("/v1/orders", &order("mug", 2)).await.json();
    let id = placed["id"].as_str().unwrap();
    until_async("it waits to be paid", SOON, async || {
        unfinished(&shop).iter().any(|saga| saga["step"] == "authorize" && saga["trouble"].is_string())
    })
    .await;
    let inventory = shop.data.home(&inventory_infra::SPEC).await.db();
    let theft = inventory.write(async |mut tx| {
        tx.query("delete from reservation_lines").execute().await?;
        tx.query("delete from reservations").execute().await?;
        tx.commit(()).await
    });
    theft.await.unwrap();
    shop.start("till");

    let saga = parked(&shop).await;
    assert_eq!(
        (&saga["id"], &saga["saga"], &saga["step"]),
        (&json!(id), &json!("fulfilment"), &json!("ship"))
    );
    assert!(saga["trouble"].as_str().unwrap().contains("there is no reservation"), "{saga}");
    assert_eq!(payment(&shop, id).await, "captured");
    let list = said(&shop, &["sagas", "list"]);
    assert!(list.starts_with(&format!("{id} ordering fulfilment: parked at ship for ")), "{list}");
    let drawn = said(&shop, &["sagas", "show", id]);
    let marks: Vec<_> =
        drawn.lines().skip(2).take(5).map(|line| line.trim_start().chars().next().unwrap()).collect();
    assert_eq!(marks, ['+', '+', '+', '!', '.'], "{drawn}");

    // Nothing has changed: it is parked again, and that it was tried is in its journal.
    said(&shop, &["sagas", "retry", id, "--why", "found them?", "--by", "ada"]);
    until_async("it is parked once more", SOON, async || {
        let shown: Value = serde_json::from_str(&said(&shop, &["sagas", "show", id, "--json"])).unwrap();
        shown[0]["log"].as_array().unwrap().iter().filter(|entry| entry["what"] == "refused").count() == 2
    })
    .await;
    let turned = said(&shop, &["sagas", "compensate", id, "--why", "the mugs were stolen", "--by", "ada"]);
    assert_eq!(turned, format!("ordering: fulfilment {id}, parked at ship, turns back\n"));
    let rejected = shop.order_becomes(id, "rejected").await;
    assert_eq!(rejected["reason"], json!({ "code": "called-off", "message": "the order was called off" }));
    assert_eq!(payment(&shop, id).await, "refunded");
    let drawn = said(&shop, &["sagas", "show", id]);
    assert!(drawn.contains("retried by ada: found them?") && drawn.contains("called off by ada"), "{drawn}");
    assert_eq!(said(&shop, &["sagas", "list"]), "every saga has ended\n");

    let unknown = shop.command(&["sagas", "show", "0197f0e5-0000-7000-8000-000000000000"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(64));
    let ended = shop.command(&["sagas", "skip", id, "--why", "no"]).output().unwrap();
    let why = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        ended.status.code() == Some(64)
            && why.contains("is undone: what has ended is its module's to turn back"),
        "{why}"
    );
}

#[tokio::test]
async fn a_parked_saga_waits_for_people_who_leave_their_name() {
    what_cannot_go_on_waits_for_people(System::started(TILL, "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_a_parked_saga_waits_for_people_who_leave_their_name() {
    what_cannot_go_on_waits_for_people(System::started_on_postgres(TILL, "").await).await;
}

/// Orders that end in every way, under kills of everybody in turn.
async fn killed_at_any_moment(mut shop: System) {
    const MUGS: u64 = 1_000;
    shop.sell("mug", 1250, u32::try_from(MUGS).unwrap()).await;
    let mut placed = Vec::new();
    for round in 0..6_u64 {
        for token in ["tok_ok", "tok_declined", "tok_timeout", "tok_late", "tok_ok"] {
            let body =
                json!({"customer": "ada", "lines": [{"sku": "mug", "quantity": 1}], "payment_token": token});
            let reply = shop.post("/v1/orders", &body).await;
            assert_eq!(reply.status, 201, "{}", reply.text());
            placed.push((reply.json()["id"].as_str().unwrap().to_owned(), token));
        }
        let (cancelled, _) = &placed[placed.len() - 1];
        drop(shop.post(&format!("/v1/orders/{cancelled}/cancellation"), &json!({})).await);
        let service = if round % 2 == 0 { "main" } else { "till" };
        for _ in 0..round {
            shop.get("/v1/stock/mug").await; // some moments later each time
        }
        shop.process(service).kill();
        shop.start(service);
        shop.ready().await;
    }
    until_async("every saga has ended", SOON, async || unfinished(&shop).is_empty()).await;
    let mut sold = 0;
    for (id, token) in &placed {
        let status =
            shop.get(&format!("/v1/orders/{id}")).await.json()["status"].as_str().unwrap().to_owned();
        let paid = payment(&shop, id).await;
        let whole = match &*status {
            "confirmed" => paid == "captured",
            "rejected" => *token != "tok_ok" && ["declined", "voided", "none"].contains(&&*paid),
            "cancelled" => ["refunded", "voided", "none"].contains(&&*paid),
            _ => false,
        };
        assert!(whole, "{id} with {token} is {status}, its payment {paid}");
        sold += u64::from(status == "confirmed");
    }
    assert!(sold >= 6, "{sold} of {} were confirmed", placed.len());
    assert_eq!(
        shop.stock("mug").await,
        (MUGS - sold, 0, MUGS - sold),
        "what was sold has left, the rest is here"
    );
}

#[tokio::test]
async fn killed_at_any_moment_every_order_ends_and_is_paid_once_or_not_at_all() {
    killed_at_any_moment(System::started(TILL, "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_killed_at_any_moment_every_order_ends_and_is_paid_once_or_not_at_all() {
    killed_at_any_moment(System::started_on_postgres(TILL, "").await).await;
}
