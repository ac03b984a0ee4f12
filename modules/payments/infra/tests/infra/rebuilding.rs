//! What others see is made anew: from the first record, beside what is read, and swapped in at once.

use std::time::Duration;

use adapter_sql::{Db, Progress, RebuildError, Tx};
use outgrow_testkit::{TestHome, until_async};
use payments_contract::{Payment as Shown, PaymentStatus};
use payments_core::{Payment, PaymentStore as _, Record};
use payments_infra::{SPEC, SqlPaymentStore, rebuild};
use tokio::{runtime::Handle, sync::oneshot, task::block_in_place};

use crate::{
    on_both_engines,
    sample::{change, id, life},
};

on_both_engines! {
    what_is_seen_is_made_anew_from_the_records
    it_goes_on_from_batch_to_batch_and_tells_how_far_it_is
    what_changes_meanwhile_is_seen_before_and_after
    what_is_shown_of_a_newer_state_stays
    one_that_died_leaves_what_is_read_as_it_was_and_the_next_clears_up
    of_two_at_once_the_later_one_is_read
    records_that_do_not_follow_each_other_are_told_and_nothing_is_swapped
}

async fn kept(store: &SqlPaymentStore, number: u64) -> Payment {
    Payment::folded(id(number), store.stream(id(number)).await.unwrap()).unwrap()
}

/// Adds the next records of a life to a payment.
async fn live(store: &SqlPaymentStore, number: u64, records: usize) {
    for _ in 0..records {
        let payment = kept(store, number).await;
        let record = life()[usize::try_from(payment.version).unwrap()].clone();
        // What moves is another matter.
        store.commit(payments_core::Change { transfer: None, ..change(payment, record) }).await.unwrap();
    }
}

async fn execute(db: &Db, statement: &'static str) -> u64 {
    let write = async move |mut tx: Tx| {
        let changed = tx.query(statement).execute().await?;
        tx.commit(changed).await
    };
    db.write(write).await.unwrap()
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.query(sql).one().await.unwrap().get("n").unwrap()
}

async fn seen(store: &SqlPaymentStore, number: u64) -> Option<Shown> {
    store.overview(id(number)).await.unwrap()
}

async fn what_is_seen_is_made_anew_from_the_records(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    for (number, records) in [(1, 8), (2, 6), (3, 1)] {
        live(&store, number, records).await;
    }
    store.commit(change(Payment::new(id(4)), Record::EndedEarly)).await.unwrap();
    // Whatever has gone wrong with what follows from the records.
    execute(&db, "update payment_overview set status = 'declined', amount = 7, captured = 7, refunded = 7, version = 100")
        .await;
    execute(&db, "delete from payment_overview where payment = (select payment from payment_records order by payment desc limit 1)")
        .await;
    execute(&db, "update payment_snapshots set data = 'nonsense'").await;
    assert_eq!(seen(&store, 1).await.unwrap().status, PaymentStatus::Declined);
    assert_eq!(rebuild(&place.home(), |_| {}).await.unwrap(), 4);
    execute(&db, "delete from payment_snapshots").await;
    for number in 1..=4 {
        assert_eq!(seen(&store, number).await, Some(kept(&store, number).await.shown()), "{number}");
    }
    assert_eq!(count(&db, "select count(*) as n from payment_overview").await, 4, "the old ones are gone");
    live(&store, 3, 1).await;
    assert_eq!(seen(&store, 3).await.unwrap().status, PaymentStatus::Authorized, "and it goes on");
}

async fn it_goes_on_from_batch_to_batch_and_tells_how_far_it_is(place: TestHome) {
    let store = SqlPaymentStore::new(&place.home());
    for number in 1..=101 {
        live(&store, number, 2).await;
    }
    let mut told = Vec::new();
    assert_eq!(rebuild(&place.home(), |progress| told.push(progress)).await.unwrap(), 101);
    assert_eq!(told, [Progress { done: 100, all: 101 }, Progress { done: 101, all: 101 }]);
    assert_eq!(seen(&store, 101).await, Some(kept(&store, 101).await.shown()));
}

async fn what_changes_meanwhile_is_seen_before_and_after(place: TestHome) {
    let store = SqlPaymentStore::new(&place.home());
    for number in 1..=101 {
        live(&store, number, 1).await;
    }
    // Between the two batches: some that are shown anew already, one that is not yet, and a new one.
    let meanwhile = async || {
        for number in [1, 50, 101, 102] {
            live(&store, number, 3).await;
            assert_eq!(seen(&store, number).await, Some(kept(&store, number).await.shown()), "{number}");
        }
    };
    let (home, mut batches) = (place.home(), 0..);
    let rebuilt = rebuild(&home, |_| {
        if batches.next() == Some(0) {
            at_once(meanwhile());
        }
    });
    assert_eq!(rebuilt.await.unwrap(), 102);
    for number in 1..=102 {
        assert_eq!(seen(&store, number).await, Some(kept(&store, number).await.shown()), "{number}");
    }
}

async fn what_is_shown_of_a_newer_state_stays(place: TestHome) {
    let (db, store, home) = (place.home().db(), SqlPaymentStore::new(&place.home()), place.home());
    for number in 1..=101 {
        live(&store, number, 1).await;
    }
    // As if somebody had changed the last one after it was read and before it is shown.
    let newer = "
        insert into payment_overview
            (generation, payment, status, currency, amount, captured, refunded, version)
        select g.building, o.payment, 'voided', o.currency, o.amount, 0, 0, o.version + 1
        from payment_overview o join payment_overview_generations g on g.live = o.generation
        order by o.payment desc limit 1";
    let mut batches = 0..;
    let rebuilt = rebuild(&home, |_| {
        if batches.next() == Some(0) {
            assert_eq!(at_once(execute(&db, newer)), 1);
        }
    });
    rebuilt.await.unwrap();
    assert_eq!(seen(&store, 101).await.unwrap().status, PaymentStatus::Voided);
}

/// Else it would show its change in what is read only, and a rebuild that has begun meanwhile would never know.
#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_whoever_changes_a_payment_waits_for_a_rebuild_to_begin() {
    let place = TestHome::postgres(&SPEC).await;
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    let (held, holding) = oneshot::channel();
    let (give_back, asked) = oneshot::channel::<()>();
    let begin = async move |mut tx: Tx| {
        let begin = tx.query("update payment_overview_generations set last = 2, building = 2");
        begin.changed_one().await?;
        held.send(()).unwrap();
        asked.await.unwrap();
        tx.commit(()).await
    };
    let holder = db.clone();
    let beginning = tokio::spawn(async move { holder.write(begin).await });
    holding.await.unwrap();
    let paying = tokio::spawn(async move { live(&store, 1, 1).await });
    let waiting = "
        select count(*) as n from pg_locks
        where locktype = 'tuple' and relation = 'payment_overview_generations'::regclass
          and database = (select oid from pg_database where datname = current_database())";
    until_async("it waits", Duration::from_secs(10), async || count(&db, waiting).await == 1).await;
    give_back.send(()).unwrap();
    beginning.await.unwrap().unwrap();
    paying.await.unwrap();
    assert_eq!(count(&db, "select count(*) as n from payment_overview").await, 2, "in both generations");
}

async fn one_that_died_leaves_what_is_read_as_it_was_and_the_next_clears_up(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    for number in 1..=101 {
        live(&store, number, 2).await;
    }
    let home = place.home();
    let died = tokio::spawn(async move { rebuild(&home, |_| panic!("planted")).await });
    assert!(died.await.unwrap_err().is_panic());
    assert_eq!(count(&db, "select count(*) as n from payment_overview").await, 201, "half of it is there");
    live(&store, 101, 1).await;
    assert_eq!(seen(&store, 101).await, Some(kept(&store, 101).await.shown()), "what is read is written");
    assert_eq!(rebuild(&place.home(), |_| {}).await.unwrap(), 101);
    assert_eq!(count(&db, "select count(*) as n from payment_overview").await, 101);
    assert_eq!(seen(&store, 101).await, Some(kept(&store, 101).await.shown()));
}

async fn of_two_at_once_the_later_one_is_read(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    live(&store, 1, 2).await;
    // Another one begins when the first has shown its last batch, and before that is read.
    let home = place.home();
    let first = rebuild(&home, |_| {
        assert_eq!(at_once(rebuild(&home, |_| {})).unwrap(), 1);
    });
    assert!(matches!(first.await, Err(RebuildError::Overtaken)));
    assert_eq!(count(&db, "select live as n from payment_overview_generations").await, 3);
    assert_eq!(seen(&store, 1).await, Some(kept(&store, 1).await.shown()));
}

/// Lets this be done before anything goes on.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(work))
}

async fn records_that_do_not_follow_each_other_are_told_and_nothing_is_swapped(place: TestHome) {
    let (db, store) = (place.home().db(), SqlPaymentStore::new(&place.home()));
    live(&store, 1, 2).await;
    let before = seen(&store, 1).await;
    execute(
        &db,
        "insert into payment_records (payment, version, kind, format, data, at)
         select payment, 3, 'refunded', format, '{}', at from payment_records where version = 1",
    )
    .await;
    let error = rebuild(&place.home(), |_| {}).await.unwrap_err();
    assert!(matches!(error, RebuildError::Damaged(_)), "{error:?}");
    assert_eq!(seen(&store, 1).await, before);
}
