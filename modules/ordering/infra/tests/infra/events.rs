//! What is told of an order is in the outbox if the change it tells of is kept, and is not if that is not.

use ordering_core::{Change, Order, OrderStore as _};
use ordering_infra::{SPEC, SqlOrderStore};
use outgrow::{CallContext, CommitError, Outgoing};
use outgrow_testkit::{SequentialIds, TestHome};

use crate::sample::{answer, id, order};

/// The order as it is kept.
async fn kept(store: &SqlOrderStore) -> Order {
    store.order(id(1)).await.unwrap().unwrap()
}

/// A change of an order, and what is told of it, as the event of this number.
fn told((order, event): (Order, ordering_contract::OrderEvent), number: u64) -> Change {
    let cx = CallContext::new("tests", SequentialIds::nth(7));
    let told = Outgoing::of(&event, SequentialIds::nth(number), order.placed_at, &cx).unwrap();
    Change { order: Some(order), events: vec![told], saga: None, answer: None }
}

/// What is in the outbox, in the order of its numbers.
async fn outbox(place: &TestHome) -> Vec<(i64, String)> {
    let db = place.home().db();
    let rows = db.query("select sequence, kind from outgrow_outbox order by sequence").all().await.unwrap();
    rows.iter().map(|row| (row.get("sequence").unwrap(), row.get("kind").unwrap())).collect()
}

async fn what_is_kept_is_told(place: TestHome) {
    let store = SqlOrderStore::new(&place.home());
    store.commit(Change { order: Some(order(1, "ada")), ..Change::default() }).await.unwrap();
    let read = kept(&store).await;
    store.commit(told(read.clone().confirm().unwrap(), 10)).await.unwrap();
    let late = store.commit(told(read.cancel().unwrap().unwrap(), 11)).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    assert_eq!(outbox(&place).await, [(1, "ordering.v1.order_confirmed".to_owned())]);

    let cancelled =
        Change { answer: Some(answer("key")), ..told(kept(&store).await.cancel().unwrap().unwrap(), 12) };
    store.commit(cancelled.clone()).await.unwrap();
    let repeated = store.commit(cancelled).await;
    assert!(matches!(repeated, Err(CommitError::Conflict)), "{repeated:?}");
    let both = ["ordering.v1.order_confirmed", "ordering.v1.order_cancelled"].map(str::to_owned);
    assert_eq!(outbox(&place).await, (1..).zip(both).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_kept_is_told_and_a_lost_race_tells_nothing() {
    what_is_kept_is_told(TestHome::sqlite(&SPEC).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_what_is_kept_is_told_and_a_lost_race_tells_nothing() {
    what_is_kept_is_told(TestHome::postgres(&SPEC).await).await;
}
