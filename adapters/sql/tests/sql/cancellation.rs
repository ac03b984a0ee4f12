//! A caller who leaves, at whatever moment, never leaves half a transaction, an open one, or a lock.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use adapter_sql::Db;
use outgrow::CommitError;
use outgrow_testkit::until_async;
use tokio::{sync::oneshot, task::JoinSet, time::timeout};

use super::place::{LONG, Place, insert, item, on_hand, take};

const TRIES: u32 = 300;

pub(crate) async fn a_write_goes_on_when_its_caller_leaves(place: &Place) {
    let db = place.db().await;
    let (go, gone) = oneshot::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    let writer = db.clone();
    let caller = tokio::spawn(async move {
        writer
            .write(async move |mut tx| {
                begun.send(()).unwrap();
                gone.await.unwrap();
                tx.query("update items set on_hand = 7").changed_one().await?;
                tx.commit(()).await
            })
            .await
    });
    has_begun.await.unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    until_async("the write is committed", LONG, async || on_hand(&db, "bolt").await == Some(7)).await;
}

pub(crate) async fn writers_dropped_at_random_moments_leave_no_transaction_and_no_lock(place: &Place) {
    let db = place.db().await;
    leave_at_random_moments(async || two_steps(&db).await.unwrap(), async || {}).await;
    still_writes_at_once(&db).await;
    place.no_transaction_is_open().await;
    let row = item(&db, "bolt").await.unwrap();
    assert_eq!(
        row.u64("on_hand").unwrap() - 10,
        row.u64("version").unwrap() - 1,
        "half a write was committed"
    );
}

pub(crate) async fn readers_dropped_at_random_moments_leave_no_transaction(place: &Place) {
    let db = place.db().await;
    let two_reads = async || {
        let mut snapshot = db.read().await.unwrap();
        snapshot.query("select * from items").all().await.unwrap();
        snapshot.query("select * from boxes").all().await.unwrap();
        db.query("select * from items").all().await.unwrap();
    };
    // Looks every time: the next `begin` on a connection would end what the one before left open.
    leave_at_random_moments(two_reads, async || place.no_transaction_is_open().await).await;
    still_writes_at_once(&db).await;
    // A connection with a transaction left open takes its snapshot with the first round, and sees the past after it.
    for version in 1..3 {
        let all: JoinSet<_> = (0..40).map(|_| seen(db.clone())).collect();
        assert!(all.join_all().await.iter().all(|seen| *seen == version));
        take(&db, "bolt", version).await.unwrap();
    }
}

/// Many at once, who write, read and take snapshots, and leave when they like.
pub(crate) async fn ten_thousand_who_leave_at_random_moments_leave_nothing_behind(place: &Place) {
    const AT_ONCE: u32 = 50;
    let db = place.db().await;
    let callers: JoinSet<_> =
        (0..AT_ONCE).map(|caller| leaves_often(db.clone(), caller, 10_000 / AT_ONCE)).collect();
    let left: u32 = callers.join_all().await.iter().sum();
    assert!(left > 1_000, "only {left} of 10,000 left early");
    still_writes_at_once(&db).await;
    place.no_transaction_is_open().await;
    let row = item(&db, "bolt").await.unwrap();
    assert_eq!(
        row.u64("on_hand").unwrap() - 10,
        row.u64("version").unwrap() - 1,
        "half a write was committed"
    );
}

async fn leaves_often(db: Db, caller: u32, times: u32) -> u32 {
    let mut left = 0;
    for n in 0..times {
        let chance = (caller * times + n) * 7_919;
        let call = async {
            match chance % 3 {
                0 => two_steps(&db).await.unwrap(),
                1 => drop(item(&db, "bolt").await),
                _ => {
                    let mut snapshot = db.read().await.unwrap();
                    drop(snapshot.query("select * from items").all().await.unwrap());
                }
            }
        };
        left += u32::from(leave(call, chance % 13, chance % 51).await);
        if n % 10 == 9 {
            // Stays now and then, so that the writes left behind are not more than the patience of those who wait.
            two_steps(&db).await.unwrap();
        }
    }
    left
}

async fn two_steps(db: &Db) -> Result<(), CommitError> {
    db.write(async |mut tx| {
        tx.query("update items set on_hand = on_hand + 1").changed_one().await?;
        tx.query("update items set version = version + 1").changed_one().await?;
        tx.commit(()).await
    })
    .await
}

async fn seen(db: Db) -> i64 {
    item(&db, "bolt").await.unwrap().get("version").unwrap()
}

pub(crate) async fn a_statement_dropped_half_way_dooms_its_transaction(place: &Place) {
    let db = place.db().await;
    let mut left = false;
    while !left {
        let half_way = db.write(async |mut tx| {
            let statement = tx.query("update items set on_hand = 0").execute();
            if timeout(Duration::ZERO, statement).await.is_ok() {
                return Err(CommitError::Conflict); // it was done at once: try again
            }
            tx.commit(()).await
        });
        left = matches!(half_way.await.unwrap_err(), CommitError::NotCommitted(_));
    }
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
}

/// Begins it again and again, and leaves it at every point where it waits, a little later each time.
async fn leave_at_random_moments(call: impl AsyncFn(), after: impl AsyncFn()) {
    let mut left = 0;
    for n in 0..TRIES {
        left += u32::from(leave(call(), n % 12, n * 7_919 % 50).await);
        after().await;
    }
    assert!(left > TRIES / 10, "only {left} of {TRIES} left early");
}

/// Drops it when it was polled so often and then waited for so many turns of the runtime. False if it was done.
pub(super) async fn leave(call: impl Future<Output = ()>, polls: u32, turns: u32) -> bool {
    let (mut call, mut polled) = (pin!(call), 0);
    let left = poll_fn(|cx| {
        while polled < polls {
            polled += 1;
            match call.as_mut().poll(cx) {
                Poll::Ready(()) => return Poll::Ready(false),
                Poll::Pending if polled < polls => return Poll::Pending,
                Poll::Pending => {}
            }
        }
        Poll::Ready(true)
    })
    .await;
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    left
}

async fn still_writes_at_once(db: &Db) {
    // Writes whose callers left are still going on, one after the other.
    let began = Instant::now();
    insert(db, "nut", 1).await.unwrap();
    assert!(began.elapsed() < LONG / 5, "it waited for a lock");
}
