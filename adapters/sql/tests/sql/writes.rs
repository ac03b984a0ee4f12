//! Writes: all or nothing, and an honest error.

use std::{error::Error as _, time::Duration};

use adapter_sql::{Db, Sql};
use outgrow::CommitError;
use outgrow_testkit::SequentialIds;
use tokio::{sync::oneshot, task::JoinSet, time::timeout};

use super::{
    events,
    place::{Place, SHELF, insert, item, on_hand, take},
};

pub(crate) async fn a_write_commits_all_or_nothing(place: &Place) {
    let db = place.db().await;
    let two = async move |mut tx: adapter_sql::Tx, second: i64| {
        for (sku, on_hand) in [("nut", 1), ("nail", second)] {
            tx.query("insert into items (sku, on_hand, version) values ($1, $2, 1)")
                .bind(sku)
                .bind(on_hand)
                .execute()
                .await?;
        }
        tx.commit(()).await
    };
    let error = db.write(move |tx| two(tx, -1)).await.unwrap_err();
    assert!(matches!(error, CommitError::NotCommitted(_)), "{error:?}");
    assert_eq!(on_hand(&db, "nut").await, None);

    db.write(move |tx| two(tx, 2)).await.unwrap();
    assert_eq!((on_hand(&db, "nut").await, on_hand(&db, "nail").await), (Some(1), Some(2)));
}

pub(crate) async fn a_taken_unique_key_is_a_conflict(place: &Place) {
    let db = place.db().await;
    assert!(matches!(insert(&db, "bolt", 3).await, Err(CommitError::Conflict)));
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
}

pub(crate) async fn a_stale_version_is_a_conflict(place: &Place) {
    let db = place.db().await;
    take(&db, "bolt", 1).await.unwrap();
    assert!(matches!(take(&db, "bolt", 1).await, Err(CommitError::Conflict)));
    assert!(matches!(take(&db, "none", 1).await, Err(CommitError::Conflict)));
    take(&db, "bolt", 2).await.unwrap();
    assert_eq!(on_hand(&db, "bolt").await, Some(8));
}

/// A call has five seconds: who still waits then cannot say that nothing was done.
pub(crate) async fn who_is_kept_waiting_knows_in_time_that_nothing_was_done(place: &Place) {
    let db = place.db().await;
    let (begun, has_begun) = oneshot::channel();
    let (go, gone) = oneshot::channel::<()>();
    let slow = tokio::spawn({
        let db = db.clone();
        async move {
            db.write(async move |mut tx: adapter_sql::Tx| {
                tx.query("update items set on_hand = 1 where sku = 'bolt'").execute().await?;
                begun.send(()).unwrap();
                gone.await.unwrap();
                tx.commit(()).await
            })
            .await
        }
    });
    has_begun.await.unwrap();
    let waiting = timeout(Duration::from_secs(4), take(&db, "bolt", 1)).await;
    assert!(matches!(waiting, Ok(Err(CommitError::NotCommitted(_)))), "{waiting:?}");
    go.send(()).unwrap();
    slow.await.unwrap().unwrap();
    assert_eq!(on_hand(&db, "bolt").await, Some(1));
}

pub(crate) async fn a_panic_in_a_write_commits_nothing(place: &Place) {
    let db = place.db().await;
    let error = db
        .write::<(), _, _>(async |mut tx| {
            tx.query("update items set on_hand = 0").execute().await?;
            panic!("planted");
        })
        .await
        .unwrap_err();
    assert!(matches!(&error, CommitError::NotCommitted(cause) if says(cause, "panicked")), "{error:?}");
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
    take(&db, "bolt", 1).await.unwrap();
}

pub(crate) async fn a_panic_after_the_commit_is_in_doubt(place: &Place) {
    let db = place.db().await;
    let error = db
        .write::<(), _, _>(async |mut tx| {
            tx.query("update items set on_hand = 0").execute().await?;
            let _committed = tx.commit(()).await?;
            panic!("planted");
        })
        .await
        .unwrap_err();
    assert!(matches!(error, CommitError::InDoubt(_)), "{error:?}");
    assert_eq!(on_hand(&db, "bolt").await, Some(0));
}

pub(crate) async fn an_error_after_the_commit_is_in_doubt(place: &Place) {
    let db = place.db().await;
    let error = db
        .write::<(), _, _>(async |tx| {
            let _committed = tx.commit(()).await?;
            Err(CommitError::Conflict)
        })
        .await
        .unwrap_err();
    assert!(matches!(error, CommitError::InDoubt(_)), "{error:?}");
}

pub(crate) async fn a_failed_statement_dooms_its_transaction(place: &Place) {
    let db = place.db().await;
    let error = db
        .write(async |mut tx| {
            tx.query("insert into items (sku, on_hand, version) values ('nut', 1, 1)").execute().await?;
            let twice = tx.query("insert into items (sku, on_hand, version) values ('bolt', 1, 1)").execute();
            assert!(twice.await.unwrap_err().is_conflict());
            tx.query("select 1").execute().await.unwrap_err();
            tx.commit(()).await
        })
        .await
        .unwrap_err();
    assert!(
        matches!(&error, CommitError::NotCommitted(cause) if says(cause, "earlier statement")),
        "{error:?}"
    );
    assert_eq!(on_hand(&db, "nut").await, None);
}

pub(crate) async fn a_commit_that_the_engine_refuses_is_not_committed(place: &Place) {
    let db = place.db().await;
    let error = db
        .write(async |mut tx| {
            tx.query("insert into boxes (id, sku) values ($1, 'unknown')")
                .bind(SequentialIds::nth(1))
                .execute()
                .await?;
            tx.commit(()).await
        })
        .await
        .unwrap_err();
    assert!(matches!(error, CommitError::NotCommitted(_)), "{error:?}");
    assert!(db.query("select id from boxes").all().await.unwrap().is_empty());
    take(&db, "bolt", 1).await.unwrap();
}

pub(crate) async fn concurrent_writers_all_succeed(place: &Place) {
    let db = place.db().await;
    let put = |db: Db| async move {
        db.write(async |mut tx| {
            tx.query("update items set on_hand = on_hand + 1 where sku = 'bolt'").changed_one().await?;
            tx.commit(()).await
        })
        .await
    };
    let writers: JoinSet<_> = (0..50).map(|_| put(db.clone())).collect();
    for written in writers.join_all().await {
        written.unwrap();
    }
    assert_eq!(on_hand(&db, "bolt").await, Some(60));
}

pub(crate) async fn closing_waits_for_the_writes_that_have_begun(place: &Place) {
    let (homes, home) = place.open(SHELF).await.unwrap();
    let (db, (go, gone)) = (home.db(), oneshot::channel::<()>());
    let (begun, has_begun) = oneshot::channel();
    let write = tokio::spawn(async move {
        db.write(async move |mut tx| {
            tx.query("insert into items (sku, on_hand, version) values ('bolt', 1, 1)").execute().await?;
            begun.send(()).unwrap();
            gone.await.unwrap();
            tx.commit(()).await
        })
        .await
    });
    has_begun.await.unwrap();
    let mut closing = Box::pin(homes.close());
    assert!(futures_now(closing.as_mut()).await.is_none(), "it closed under a write");
    go.send(()).unwrap();
    closing.await;
    write.await.unwrap().unwrap();
    let (_, home) = place.open(SHELF).await.unwrap();
    assert!(item(&home.db(), "bolt").await.is_some());
}

pub(crate) async fn after_closing_a_write_is_not_committed(place: &Place) {
    let (homes, home) = place.open(SHELF).await.unwrap();
    homes.close().await;
    let error = insert(&home.db(), "bolt", 1).await.unwrap_err();
    assert!(matches!(error, CommitError::NotCommitted(_)), "{error:?}");
}

/// What a future has after one look.
async fn futures_now<F: Future>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        value = future => Some(value),
        () = tokio::task::yield_now() => None,
    }
}

fn says(error: &outgrow::StoreError, what: &str) -> bool {
    error.source().is_some_and(|cause| cause.to_string().contains(what))
}

pub(crate) async fn whatever_fails_between_two_events_neither_is_published(place: &Place) {
    // The engine may have rolled back by itself.
    const TAKEN: Sql = Sql {
        postgres: "insert into items (sku, on_hand, version) values ('washer', 1, 1)",
        sqlite: "insert or rollback into items (sku, on_hand, version) values ('washer', 1, 1)",
    };
    let (_homes, db) = events::shelf(place).await;
    for fails in [TAKEN, Sql::from("select * from nowhere")] {
        let undone = db
            .write::<(), _, _>(async move |mut tx| {
                tx.publish(&events::put("bolt", 1))?;
                tx.query(fails).execute().await.unwrap_err();
                let _doomed = tx.publish(&events::put("nut", 1)).unwrap_err();
                tx.commit(()).await
            })
            .await;
        assert!(matches!(undone, Err(CommitError::NotCommitted(_))), "{undone:?}");
        assert_eq!(events::due(&db, "ear", 10).await, []);
    }
    assert_eq!(on_hand(&db, "washer").await, Some(1));
    events::publish(&db, events::put("bolt", 1)).await.unwrap();
    assert_eq!(events::due(&db, "ear", 10).await.len(), 1);
}
