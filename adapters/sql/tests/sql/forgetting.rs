//! Old sagas are forgotten by one process while another calls them off: each is kept whole, or begins anew.

use adapter_sql::{Db, Entry, Homes};
use outgrow::{
    CommitError,
    saga::{Instance, Phase, Transition, Turn, Underway, Why},
};
use outgrow_runtime::{Tasks, sagas::SagaStore as _};
use outgrow_testkit::{SequentialIds, until_async};
use tokio::{sync::oneshot, task::JoinSet};
use uuid::Uuid;

use super::{
    place::{LONG, Place},
    sagas::{LATER, PACKING, SHELF},
};

/// What was done long ago is of this revision.
const DONE: u64 = 4;
const SHELFS: &str = "outgrow shelf";

fn id(number: u64) -> Uuid {
    SequentialIds::nth(number)
}

/// A saga of which all was done.
async fn done(db: &Db, number: u64) {
    let mut next = db.advance(Transition::began(&PACKING, id(number))).await.unwrap().unwrap();
    while let Some(at) = Underway::of(&PACKING, next.clone()) {
        next = db.advance(at.done()).await.unwrap().unwrap();
    }
    assert_eq!((next.phase, next.revision), (Phase::Done, DONE));
}

/// A saga that waits for people.
async fn parked(db: &Db, number: u64) {
    let first = db.advance(Transition::began(&PACKING, id(number))).await.unwrap().unwrap();
    let parked = Underway::of(&PACKING, first).unwrap().turn(Turn::Parked("no string".to_owned()));
    db.advance(parked).await.unwrap();
}

fn off(number: u64) -> Transition {
    Transition::called_off(&PACKING, id(number), Why::new("no", "because"))
}

/// As a module does it: whoever finds that somebody was first looks again.
async fn call_off(db: Db, number: u64) -> Instance {
    loop {
        match db.advance(off(number)).await {
            Err(CommitError::Conflict) => {}
            called_off => return called_off.unwrap().unwrap(),
        }
    }
}

/// Another process at this place, which forgets what is old by its clock once its tasks are started.
async fn another(place: &Place) -> (Homes, Tasks) {
    let tasks = Tasks::default();
    let homes = place.homes_with(&place.url, &tasks).await;
    homes.home(SHELF).await.unwrap();
    place.clock.set(LATER);
    (homes, tasks)
}

async fn waiting(place: &Place) -> i64 {
    if place.is_sqlite() { 1 } else { place.database().waiting(SHELFS).await }
}

/// Where it is, and the revisions in its log.
async fn kept(db: &Db, number: u64) -> (Instance, Vec<u64>) {
    let instance = db.instance(&PACKING, id(number)).await.unwrap().unwrap();
    let log = db.query("select * from outgrow_saga_log where id = $1 order by revision").bind(id(number));
    let revisions = log.all().await.unwrap().iter().map(|row| row.u64("revision").unwrap()).collect();
    (instance, revisions)
}

pub(crate) async fn what_is_called_off_first_is_not_forgotten(place: &Place) {
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    for number in [1, 2] {
        done(&db, number).await;
    }
    let (_others, tasks) = another(place).await;
    let (begun, has_begun) = oneshot::channel();
    let (go, gone) = oneshot::channel::<()>();
    let writer = db.clone();
    let written = tokio::spawn(async move {
        let called_off = async |mut tx: adapter_sql::Tx| {
            tx.advance(&off(1)).await?;
            begun.send(()).unwrap();
            gone.await.unwrap();
            tx.commit(()).await
        };
        writer.write(called_off).await
    });
    has_begun.await.unwrap();
    tasks.start();
    until_async("who forgets waits", LONG, async || waiting(place).await == 1).await;
    go.send(()).unwrap();
    written.await.unwrap().unwrap();
    until_async("the other one is forgotten", LONG, async || {
        db.instance(&PACKING, id(2)).await.unwrap().is_none()
    })
    .await;
    let (instance, log) = kept(&db, 1).await;
    assert_eq!((instance.phase, log), (Phase::Back, vec![1, 2, 3, 4, 5]));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn what_is_forgotten_first_begins_anew_on_the_way_back() {
    let place = Place::postgres().await;
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let db = home.db();
    done(&db, 1).await;
    let (_others, tasks) = another(&place).await;
    let log = place.database().lock("shelf.outgrow_saga_log").await;
    tasks.start();
    until_async("half of it is forgotten", LONG, async || waiting(&place).await == 1).await;
    let off = tokio::spawn(call_off(db.clone(), 1));
    until_async("who calls it off waits", LONG, async || waiting(&place).await == 2).await;
    log.release().await;
    assert_eq!(off.await.unwrap().revision, 1);
    let (instance, log) = kept(&db, 1).await;
    assert_eq!((instance.phase, instance.step, log), (Phase::Back, 0, vec![1]));
}

pub(crate) async fn whoever_is_first_nothing_that_is_not_over_is_forgotten(place: &Place) {
    const EACH: u64 = 10;
    let (_homes, home) = place.open(SHELF).await.unwrap();
    let (db, upkeep) = (home.db(), home.saga_upkeep());
    for round in 0..5 {
        let first = 1 + round * (EACH + 2);
        let (last, waits) = (first + EACH, first + EACH + 1);
        for number in first..=last {
            done(&db, number).await;
        }
        parked(&db, waits).await;
        let (_others, tasks) = another(place).await;
        tasks.start();
        let mut all = JoinSet::new();
        for number in first..last {
            all.spawn(call_off(db.clone(), number));
        }
        let retried = Turn::Retried("there is string".to_owned());
        upkeep.change(&PACKING, id(waits), retried, "ada").await.unwrap();
        all.join_all().await;
        until_async("the last one is forgotten", LONG, async || {
            db.instance(&PACKING, id(last)).await.unwrap().is_none()
        })
        .await;
        for number in (first..last).chain([waits]) {
            let (instance, log) = kept(&db, number).await;
            assert!(instance.live(), "{instance:?}");
            assert_eq!(log, (1..=instance.revision).collect::<Vec<_>>(), "{instance:?}");
            assert!([1, 3, DONE + 1].contains(&instance.revision), "{instance:?}");
        }
        assert_eq!(upkeep.of(id(waits)).await.unwrap().remove(0).1.last().map(who), Some(Some("ada")));
    }
    let orphans = "select id from outgrow_saga_log l
                   where not exists (select 1 from outgrow_sagas s where s.saga = l.saga and s.id = l.id)";
    assert!(db.query(orphans).all().await.unwrap().is_empty(), "a log goes with its saga");
}

fn who(entry: &Entry) -> Option<&str> {
    entry.actor.as_deref()
}
