//! Which commits wait for the disk.

use std::sync::Arc;

use outgrow::{CommitError, Method, ModuleSpec, PortDesc, SystemClock, SystemIds};
use outgrow_runtime::Tasks;
use outgrow_testkit::{TestDatabase, TestDir};

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

/// Whether commits are synced, of each kind in turn.
async fn only_what_may_be_forgotten_is_not_synced(db: &Db) {
    for _ in 0..2 {
        assert_eq!(db.write(synced).await.unwrap(), "on");
        assert_eq!(db.jot(synced).await.unwrap(), "off");
    }
}

#[tokio::test]
async fn only_what_may_be_forgotten_does_not_wait_for_the_disk_on_sqlite() {
    let dir = TestDir::new();
    let url = format!("sqlite:{}", dir.join("data").display()).parse().unwrap();
    only_what_may_be_forgotten_is_not_synced(&home(&url).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn only_what_may_be_forgotten_does_not_wait_for_the_disk_on_postgres() {
    let database = TestDatabase::new().await;
    only_what_may_be_forgotten_is_not_synced(&home(&database.url().parse().unwrap()).await).await;
}
