//! Which commits wait for the disk.

use std::{slice, sync::Arc, time::Duration};

use outgrow::{
    CommitError, IdGen as _, Method, ModuleSpec, PortDesc, Saga, SystemClock, SystemIds,
    event::Recorded,
    saga::{Step, Transition, Underway, Why},
};
use outgrow_runtime::{
    Tasks,
    events::{Inbox as _, Leases},
    sagas::SagaStore as _,
};
use outgrow_testkit::{TestDatabase, TestDir};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Committed, DataUrl, Db, Homes, Sql, Tx, migrate};

const PORT: &PortDesc = &PortDesc {
    package: "shelf.v1",
    name: "Shelf",
    doc: "",
    methods: &[],
    contract: Method::contract("shelf.v1", "Shelf"),
    delivery: Method::delivery("shelf.v1", "Shelf"),
};
static SHELF: ModuleSpec = ModuleSpec {
    name: "shelf",
    purpose: "to be written to",
    port: PORT,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};

pub(crate) async fn home(url: &DataUrl) -> Db {
    migrate(url, None, &[&SHELF], &SystemClock).await.unwrap();
    let homes = Homes::open(url, Tasks::default(), Arc::new(SystemClock), Arc::new(SystemIds)).await;
    homes.unwrap().home(&SHELF).await.unwrap().db()
}

const SYNCED: Sql = Sql {
    postgres: "select current_setting('synchronous_commit') as synced",
    sqlite: "select case synchronous when 2 then 'on' else 'off' end as synced from pragma_synchronous",
};

async fn synced(mut tx: Tx) -> Result<Committed<String>, CommitError> {
    let synced = tx.query(SYNCED).one().await?.get::<String>("synced")?;
    tx.commit(synced).await
}

/// The first of its key.
fn recorded() -> Recorded {
    let (key, kind, data) = (SystemIds.uuid().to_string(), "a.v1.b".to_owned(), "{}".to_owned());
    Recorded {
        id: SystemIds.uuid(),
        stream: "a.v1.A".to_owned(),
        key,
        sequence: 1,
        kind,
        data,
        at: OffsetDateTime::UNIX_EPOCH,
        correlation: Uuid::nil(),
        causation: None,
        previous: None,
    }
}

/// Whether commits are synced, of each kind in turn.
async fn only_what_may_be_forgotten_is_not_synced(db: &Db) {
    for _ in 0..2 {
        assert_eq!(db.write(synced).await.unwrap(), "on");
        let event = recorded();
        db.accept(slice::from_ref(&event)).await.unwrap();
        assert_eq!(db.handle(&event.mark(), synced).await.unwrap(), "off");
        assert_eq!(db.write(synced).await.unwrap(), "on");
        let at_once = db.jot_at_once(SYNCED, |synced| synced).await.unwrap();
        let at_once: Vec<String> = at_once.iter().map(|row| row.get("synced").unwrap()).collect();
        assert_eq!(at_once, ["off"]);
    }
}

/// Says in the table `commits` of each commit that had such a row whether it waited: asked at the commit itself.
const WITNESS: &str = "
    create table shelf.commits (of_table text not null, synced text not null);
    grant insert, select on shelf.commits to public;
    create function shelf.witness() returns trigger language plpgsql as $witness$ begin
        insert into shelf.commits values (tg_table_name, current_setting('synchronous_commit'));
        return null;
    end $witness$;
    create constraint trigger witness after insert or update on shelf.outgrow_leases
        deferrable initially deferred for each row execute function shelf.witness();
    create constraint trigger witness after insert or update on shelf.outgrow_inbox
        deferrable initially deferred for each row execute function shelf.witness();
    create constraint trigger witness after insert or update on shelf.outgrow_sagas
        deferrable initially deferred for each row execute function shelf.witness();";

static TRIP: Saga =
    Saga::new("trip", 1, &[Step::compensatable("fetch"), Step::pivot("seal"), Step::retriable("post")]);

/// What is written in one statement on PostgreSQL, in a session where commits do not wait.
async fn what_must_last_says_so_itself(db: &Db) {
    let commits = async |of_table: &'static str| -> Vec<String> {
        let commits = db.query("select distinct synced from commits where of_table = $1");
        commits.bind(of_table).all().await.unwrap().iter().map(|row| row.get("synced").unwrap()).collect()
    };
    Leases::take(db, "worker", SystemIds.uuid(), Duration::from_mins(1)).await.unwrap();
    assert_eq!(commits("outgrow_leases").await, ["on"]);
    db.accept(&[recorded()]).await.unwrap();
    assert_eq!(commits("outgrow_inbox").await, ["on"]);
    let id = SystemIds.uuid();
    let begun = db.advance(Transition::began(&TRIP, id)).await.unwrap().unwrap();
    let underway = Underway::of(&TRIP, begun).unwrap();
    let turned = db.advance(underway.refused(Why::new("no", "because"))).await;
    turned.unwrap().unwrap();
    assert_eq!(commits("outgrow_sagas").await, ["on"]);
}

/// Twice the same.
const TWICE: Sql = Sql {
    postgres: "insert into outgrow_positions (stream, key, position) values ($1, 'k', 0), ($1, 'k', 0)",
    sqlite: "insert into outgrow_positions (stream, key, position) values ($1, 'k', 0);
             insert into outgrow_positions (stream, key, position) values ($1, 'k', 0)",
};

async fn what_fails_at_once_leaves_nothing(db: &Db) {
    for _ in 0..8 {
        let failed = db.jot_at_once(TWICE, |twice| twice.bind("s")).await;
        assert!(matches!(failed, Err(CommitError::Conflict)), "{failed:?}");
    }
    let kept = db.query("select 1 from outgrow_positions where stream = 's'").all().await.unwrap();
    assert!(kept.is_empty());
    assert_eq!(db.write(synced).await.unwrap(), "on");
}

#[tokio::test]
async fn only_what_may_be_forgotten_does_not_wait_for_the_disk_on_sqlite() {
    let dir = TestDir::new();
    let url = format!("sqlite:{}", dir.join("data").display()).parse().unwrap();
    let db = home(&url).await;
    let at_once = db.write_at_once(SYNCED, |synced| synced).await.unwrap();
    assert_eq!(at_once[0].get::<String>("synced").unwrap(), "on");
    only_what_may_be_forgotten_is_not_synced(&db).await;
    what_fails_at_once_leaves_nothing(&db).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn only_what_may_be_forgotten_does_not_wait_for_the_disk_on_postgres() {
    let database = TestDatabase::new().await;
    let db = home(&database.url().parse().unwrap()).await;
    only_what_may_be_forgotten_is_not_synced(&db).await;
    what_fails_at_once_leaves_nothing(&db).await;
    database.alter(WITNESS).await;
    what_must_last_says_so_itself(&db).await;
}
