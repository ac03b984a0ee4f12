//! The history is made anew from facts: beside what is read, and with the same outcome as it came to by itself.

use adapter_sql::{Db, Progress, Tx};
use ordering_contract::OrderStatus;
use ordering_core::{Change, Entry, HistoryStore as _, Order, OrderStore as _};
use ordering_infra::{SPEC, SqlOrderStore, rebuild_history};
use outgrow_testkit::TestHome;
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    delivered::Delivered,
    sample::{fact, id, mark, order, out_of_stock},
};

async fn execute(db: &Db, statement: &'static str) {
    let write = async move |mut tx: Tx| {
        tx.query(statement).execute().await?;
        tx.commit(()).await
    };
    db.write(write).await.unwrap();
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.query(sql).one().await.unwrap().get("n").unwrap()
}

/// Keeps the order of this number, and tells its history as far as these.
async fn live(place: &TestHome, number: u64, told: &[OrderStatus]) {
    let (orders, order) = (SqlOrderStore::new(&place.home()), order(number, "ada"));
    orders.commit(Change { order: Some(order.clone()), ..Change::default() }).await.unwrap();
    go_on(place, &order, 1, told).await;
}

/// Tells this of an order, beginning with the event of this number.
async fn go_on(place: &TestHome, order: &Order, first: u64, told: &[OrderStatus]) {
    for (number, status) in (first..).zip(told) {
        let fact = fact(order, number, *status);
        let mark = mark(&fact);
        Delivered::to(place).keep(fact, mark).await.unwrap();
    }
}

async fn all(place: &TestHome) -> Vec<Entry> {
    Delivered::to(place).history_of(&"ada".parse().unwrap(), None, 1_000).await.unwrap()
}

async fn what_is_made_anew_is_what_it_came_to(place: TestHome) {
    use OrderStatus::{Cancelled, Confirmed, Placed, Rejected};
    let db = place.home().db();
    live(&place, 1, &[Placed, Confirmed, Cancelled]).await;
    live(&place, 2, &[Placed, Rejected]).await;
    live(&place, 3, &[Placed]).await;
    let before = all(&place).await;
    assert_eq!(before.len(), 3);
    // Whatever has gone wrong with what follows from the facts.
    execute(&db, "update order_history set status = 'placed', total = 7, confirmed_at = null, number = 100")
        .await;
    let lose = "delete from order_history where order_id in (select order_id from order_facts where status = 'rejected')";
    execute(&db, lose).await;
    assert_ne!(all(&place).await, before);
    assert_eq!(rebuild_history(&place.home(), |_| {}).await.unwrap(), 3);
    assert_eq!(all(&place).await, before);
    assert_eq!(count(&db, "select count(*) as n from order_history").await, 3, "the old ones are gone");
    go_on(&place, &order(3, "ada"), 2, &[Confirmed]).await;
    assert_eq!(all(&place).await[0].shown.status, Confirmed, "and it goes on");
}

async fn what_is_wrong_does_not_stay_wrong(place: TestHome) {
    live(&place, 1, &[OrderStatus::Placed]).await;
    execute(&place.home().db(), "update order_history set status = 'rejected', total = 7").await;
    go_on(&place, &order(1, "ada"), 2, &[OrderStatus::Confirmed]).await;
    let entry = all(&place).await.remove(0).shown;
    assert_eq!((entry.status, entry.total), (OrderStatus::Confirmed, order(1, "ada").total));
}

async fn an_order_from_before_is_found(place: TestHome) {
    let orders = SqlOrderStore::new(&place.home());
    live(&place, 1, &[]).await;
    let rejected = orders.order(id(1)).await.unwrap().unwrap().reject(out_of_stock()).unwrap().0;
    orders.commit(Change { order: Some(rejected), ..Change::default() }).await.unwrap();
    live(&place, 2, &[]).await;
    go_on(&place, &order(2, "ada"), 2, &[OrderStatus::Confirmed]).await;
    assert_eq!(all(&place).await, [], "nobody has told how they began");
    for _ in 0..2 {
        assert_eq!(rebuild_history(&place.home(), |_| {}).await.unwrap(), 2);
        let seen = all(&place).await.into_iter().map(|entry| (entry.shown.status, entry.shown.reason));
        let seen: Vec<_> = seen.collect();
        assert_eq!(seen, [(OrderStatus::Confirmed, None), (OrderStatus::Rejected, Some(out_of_stock()))]);
    }
    go_on(&place, &order(2, "ada"), 3, &[OrderStatus::Cancelled]).await;
    assert_eq!(all(&place).await[0].shown.status, OrderStatus::Cancelled);
}

async fn what_is_told_meanwhile_is_seen_before_and_after(place: TestHome) {
    for number in 1..=101 {
        live(&place, number, &[OrderStatus::Placed]).await;
    }
    // Between the two batches: of some that are shown anew already, of one that is not yet, and of a new one.
    let meanwhile = async || {
        for number in [1, 50, 101] {
            go_on(&place, &order(number, "ada"), 2, &[OrderStatus::Confirmed]).await;
        }
        live(&place, 102, &[OrderStatus::Placed, OrderStatus::Confirmed]).await;
        all(&place).await
    };
    let (home, mut between, mut told) = (place.home(), Vec::new(), Vec::new());
    let rebuilt = rebuild_history(&home, |progress| {
        if told.is_empty() {
            between = block_in_place(|| Handle::current().block_on(meanwhile()));
        }
        told.push(progress);
    });
    assert_eq!(rebuilt.await.unwrap(), 102);
    assert_eq!(told, [Progress { done: 100, all: 101 }, Progress { done: 102, all: 102 }]);
    let confirmed = between.iter().filter(|entry| entry.shown.status == OrderStatus::Confirmed);
    assert_eq!((between.len(), confirmed.count()), (102, 4));
    assert_eq!(all(&place).await, between);
}

async fn what_follows_from_more_stays(place: TestHome) {
    for number in 1..=101 {
        live(&place, number, &[OrderStatus::Placed]).await;
    }
    // As if the last one had been told of after its facts were read and before it is shown.
    let newer = "
        insert into order_history (generation, order_id, customer, status, currency, total, placed_at, number)
        select g.building, h.order_id, h.customer, 'cancelled', h.currency, h.total, h.placed_at, 2
        from order_history h join order_history_generations g on g.live = h.generation
        order by h.order_id desc limit 1";
    let (db, home, mut batches) = (place.home().db(), place.home(), 0..);
    let rebuilt = rebuild_history(&home, |_| {
        if batches.next() == Some(0) {
            block_in_place(|| Handle::current().block_on(execute(&db, newer)));
        }
    });
    rebuilt.await.unwrap();
    assert_eq!(all(&place).await[0].shown.status, OrderStatus::Cancelled);
}

macro_rules! on_both_engines {
    ($($test:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(super::TestHome::sqlite(&super::SPEC).await).await;
            })*
        }

        mod on_postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs PostgreSQL: cargo xtask test"]
            async fn $test() {
                super::$test(super::TestHome::postgres(&super::SPEC).await).await;
            })*
        }
    };
}

on_both_engines! {
    what_is_made_anew_is_what_it_came_to
    what_is_wrong_does_not_stay_wrong
    an_order_from_before_is_found
    what_is_told_meanwhile_is_seen_before_and_after
    what_follows_from_more_stays
}
