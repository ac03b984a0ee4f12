//! What becomes of a session on PostgreSQL: it is killed, it hangs, its answer is lost. What was written meanwhile is
//! called by its name, and the next call finds another session.

use std::{error::Error as _, sync::Arc, time::Instant};

use adapter_sql::{DataUrl, Db};
use outgrow::CommitError;
use outgrow_testkit::{LoopbackAddr, Passing, Proxy, until_async};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, postgres::PgPoolOptions};
use tokio::{sync::oneshot, time::timeout};

use super::{
    cancellation::leave,
    place::{LONG, Place, SHELF, insert, on_hand, take},
};

/// What a module's sessions call themselves.
const SHELFS: &str = "outgrow shelf";

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_commit_whose_answer_is_lost_is_in_doubt() {
    let place = Place::postgres().await;
    place.migrate(SHELF).await.unwrap();
    let through = LoopbackAddr::new().free();
    let network = Arc::new(Proxy::start(through, place.database().server().await).await.unwrap());
    let url: DataUrl = format!("postgres://postgres@{through}/{}", place.database().name()).parse().unwrap();
    let homes = place.homes_at(&url).await;
    let db = homes.home(SHELF).await.unwrap().db();

    let answers = Arc::clone(&network);
    let written = tokio::spawn(async move {
        db.write(async move |mut tx| {
            tx.query("insert into items values ('nut', 7, 1)").execute().await?;
            answers.let_pass(Passing::Requests);
            tx.commit(()).await
        })
        .await
    });
    let direct = place.homes().await;
    let there = direct.home(SHELF).await.unwrap().db();
    until_async("it is committed", LONG, async || on_hand(&there, "nut").await == Some(7)).await;
    network.cut();
    let lost = timeout(LONG, written).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(lost, CommitError::InDoubt(_)), "{lost:?}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_commit_that_finds_its_session_killed_is_in_doubt_and_the_next_write_finds_another() {
    let place = Place::postgres().await;
    let db = place.db().await;
    let (begun, has_begun) = oneshot::channel();
    let (go, gone) = oneshot::channel::<()>();
    let writer = db.clone();
    let written = tokio::spawn(async move {
        writer
            .write(async move |mut tx| {
                tx.query("update items set on_hand = 0").execute().await?;
                begun.send(()).unwrap();
                gone.await.unwrap();
                tx.commit(()).await
            })
            .await
    });
    has_begun.await.unwrap();
    assert!(place.database().end_sessions_of(SHELFS).await > 0);
    go.send(()).unwrap();
    let error = timeout(LONG, written).await.unwrap().unwrap().unwrap_err();
    // It was sent, and whether somebody read it is not known here.
    assert!(matches!(error, CommitError::InDoubt(_)), "{error:?}");
    assert_eq!(on_hand(&db, "bolt").await, Some(10));
    take(&db, "bolt", 1).await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_statement_whose_session_is_killed_is_not_committed_and_the_next_finds_another() {
    let place = Place::postgres().await;
    let db = place.db().await;
    for round in 0..10 {
        let locked = place.database().lock("shelf.items").await;
        let writer = db.clone();
        let written = tokio::spawn(async move { insert(&writer, "nut", 7).await });
        until_async("it waits for the lock", LONG, async || waiting(&place).await == 1).await;
        assert!(place.database().end_sessions_of(SHELFS).await > 0);
        let error = timeout(LONG, written).await.unwrap().unwrap().unwrap_err();
        assert!(matches!(error, CommitError::NotCommitted(_)), "round {round}: {error:?}");
        locked.release().await;
        assert_eq!(on_hand(&db, "nut").await, None, "round {round}");
        take(&db, "bolt", round + 1).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn a_commit_whose_session_is_killed_is_in_doubt() {
    let place = Place::postgres().await;
    let db = place.db().await;
    // A commit that takes its time: what is deferred to it waits for a lock.
    let mut server = PgConnection::connect(&place.database().url()).await.unwrap();
    let slow = "create table public.gate (id int); grant all on public.gate to public;
                create function public.wait() returns trigger language plpgsql security definer as
                    'begin lock table public.gate in exclusive mode; return null; end';
                create constraint trigger slow after insert on shelf.items
                    deferrable initially deferred for each row execute function public.wait()";
    server.execute(AssertSqlSafe(slow)).await.unwrap();
    let locked = place.database().lock("public.gate").await;
    let writer = db.clone();
    let written = tokio::spawn(async move { insert(&writer, "nut", 7).await });
    until_async("its commit waits", LONG, async || waiting(&place).await == 1).await;
    assert!(place.database().end_sessions_of(SHELFS).await > 0);
    let error = timeout(LONG, written).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, CommitError::InDoubt(_)), "{error:?}");
    locked.release().await;
    take(&db, "bolt", 1).await.unwrap();
    server.close().await.unwrap();
}

/// How many sessions of the module wait for a lock.
async fn waiting(place: &Place) -> i64 {
    place.database().waiting(SHELFS).await
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn no_statement_lock_or_idle_transaction_lasts_for_ever() {
    let place = Place::postgres().await;
    let db = place.db().await;
    let set = db
        .query(
            "select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
                    current_setting('idle_in_transaction_session_timeout') as idle, current_user::text as role",
        )
        .one()
        .await
        .unwrap();
    let text = |column: &str| set.get::<String>(column).unwrap();
    assert_eq!([text("statement"), text("lock"), text("idle")], ["10s", "1500ms", "15s"]);
    assert_eq!(text("role"), format!("{}_shelf", place.database().name()));

    // Each is waited for longer than it may last, all at once.
    let locked = place.database().lock("shelf.boxes").await;
    let began = Instant::now();
    let (statement, lock, idle) = tokio::join!(hanging(&db), blocked(&db), idling(&db, &place));
    assert!(statement.contains("57014"), "{statement}");
    assert!(lock.contains("55P03"), "{lock}");
    assert!(matches!(idle, CommitError::NotCommitted(_)), "{idle:?}");
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
    locked.release().await;
    take(&db, "bolt", 1).await.unwrap();
}

async fn hanging(db: &Db) -> String {
    db.query("select pg_sleep(60)").execute().await.unwrap_err().to_string()
}

async fn blocked(db: &Db) -> String {
    let error = db.write(async |mut tx| {
        tx.query("delete from boxes").execute().await?;
        tx.commit(()).await
    });
    match error.await.unwrap_err() {
        CommitError::NotCommitted(error) => error.source().unwrap().to_string(),
        other @ (CommitError::Conflict | CommitError::InDoubt(_)) => panic!("{other:?}"),
    }
}

/// Begins to write and then does nothing, until its session is gone.
async fn idling(db: &Db, place: &Place) -> CommitError {
    let (begun, has_begun) = oneshot::channel();
    let (go, gone) = oneshot::channel::<()>();
    let write = db.write(async move |mut tx| {
        tx.query("update items set on_hand = 0 where sku = 'none'").execute().await?;
        begun.send(()).unwrap();
        gone.await.unwrap();
        tx.query("update items set on_hand = 0").execute().await?;
        tx.commit(()).await
    });
    let wait = async {
        has_begun.await.unwrap();
        // The one that holds the lock stays.
        let ended = async || place.database().idle_transactions().await == 1;
        until_async("the idle one is ended", LONG, ended).await;
        go.send(()).unwrap();
    };
    let (written, ()) = tokio::join!(write, wait);
    written.unwrap_err()
}

/// Why a [`Db::write`] whose caller leaves is finished all the same, and so is the `begin` of a snapshot. If this fails,
/// the driver was mended, and that can be looked at again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn the_driver_itself_gives_back_open_transactions_when_a_begin_is_dropped() {
    let place = Place::postgres().await;
    let pool = PgPoolOptions::new().max_connections(1).connect(&place.database().url()).await.unwrap();
    let inside = async || {
        // In a transaction of its own a statement begins when its transaction does.
        let next = sqlx::raw_sql("select now() < statement_timestamp()");
        let row = pool.acquire().await.unwrap().fetch_one(next).await.unwrap();
        sqlx::Row::get::<bool, _>(&row, 0)
    };
    assert!(!inside().await);
    for n in 0..3_000_u32 {
        let begin = async { drop(pool.begin().await.unwrap()) };
        leave(begin, n % 12, n * 7_919 % 50).await;
        if inside().await {
            return; // the next one works inside a transaction that nobody began
        }
    }
    panic!("3,000 dropped begins left no transaction open");
}
