//! Where a law is tried: a place of its own, on one of the engines, and the home of a small module.

use std::{sync::Arc, time::Duration};

use adapter_sql::{DataUrl, Db, Home, Homes, Migrated, OpenError, Row, migrate};
use outgrow::{CommitError, Method, Migration, ModuleSpec, PortDesc};
use outgrow_runtime::Tasks;
use outgrow_testkit::{FixedClock, SequentialIds, TestDatabase, TestDir, until_async};

pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) const SHELF: &ModuleSpec = &spec("shelf", &[ITEMS]);

const PORT: &PortDesc = &PortDesc {
    package: "shelf.v1",
    name: "Shelf",
    doc: "",
    methods: &[],
    contract: Method::contract("shelf.v1", "Shelf"),
    delivery: Method::delivery("shelf.v1", "Shelf"),
};

pub(crate) const fn spec(name: &'static str, migrations: &'static [Migration]) -> ModuleSpec {
    ModuleSpec {
        name,
        purpose: "to be tested",
        port: PORT,
        older: &[],
        needs: &[],
        publishes: &[],
        subscribes: &[],
        sagas: &[],
        migrations,
    }
}

pub(crate) const ITEMS: Migration = Migration {
    name: "0001_items",
    sqlite: "create table items (
                 sku     text    not null primary key,
                 on_hand integer not null constraint items_on_hand_check check (on_hand >= 0),
                 version integer not null
             ) strict;
             create table boxes (
                 id  blob not null primary key,
                 sku text not null references items (sku) deferrable initially deferred
             ) strict;",
    postgres: "create table items (
                   sku     text   not null primary key,
                   on_hand bigint not null constraint items_on_hand_check check (on_hand >= 0),
                   version bigint not null
               );
               create table boxes (
                   id  uuid not null primary key,
                   sku text not null references items (sku) deferrable initially deferred
               );",
};

pub(crate) struct Place {
    pub(crate) url: DataUrl,
    pub(crate) clock: FixedClock,
    pub(crate) tasks: Tasks,
    made: Made,
}

enum Made {
    Folder { _kept: TestDir },
    Database(TestDatabase),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let dir = TestDir::new();
        let url = format!("sqlite:{}", dir.join("data").display());
        Self::new(&url, Made::Folder { _kept: dir })
    }

    pub(crate) async fn postgres() -> Self {
        let database = TestDatabase::new().await;
        Self::new(&database.url(), Made::Database(database))
    }

    fn new(url: &str, made: Made) -> Self {
        let url = url.parse().unwrap();
        Self { url, clock: FixedClock::new(), tasks: Tasks::default(), made }
    }

    /// Its database on PostgreSQL.
    pub(crate) fn database(&self) -> &TestDatabase {
        match &self.made {
            Made::Database(database) => database,
            Made::Folder { .. } => panic!("SQLite has no databases"),
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.made, Made::Folder { .. })
    }

    pub(crate) async fn homes(&self) -> Homes {
        self.homes_at(&self.url).await
    }

    pub(crate) async fn homes_at(&self, url: &DataUrl) -> Homes {
        self.homes_with(url, &self.tasks).await
    }

    /// The homes of a process with background work of its own.
    pub(crate) async fn homes_with(&self, url: &DataUrl, tasks: &Tasks) -> Homes {
        let (clock, ids) = (Arc::new(self.clock.clone()), Arc::new(SequentialIds::new()));
        Homes::open(url, tasks.clone(), clock, ids).await.unwrap()
    }

    /// Migrates and opens.
    pub(crate) async fn open(&self, spec: &'static ModuleSpec) -> Result<(Homes, Home), OpenError> {
        if !self.is_sqlite() {
            self.migrate(spec).await?;
        }
        let homes = self.homes().await;
        let home = homes.home(spec).await?;
        Ok((homes, home))
    }

    pub(crate) async fn migrate(&self, spec: &'static ModuleSpec) -> Result<Migrated, OpenError> {
        Ok(migrate(&self.url, None, &[spec], &self.clock).await?.remove(0))
    }

    /// Asks the server, on a connection of its own. SQLite has none to ask.
    pub(crate) async fn no_transaction_is_open(&self) {
        let Made::Database(database) = &self.made else { return };
        let none = async || database.idle_transactions().await == 0 && database.locks().await == 0;
        until_async("no transaction is open, and nothing locked", LONG, none).await;
    }

    /// The database of a new home with one item: 10 bolts, version 1.
    pub(crate) async fn db(&self) -> Db {
        let (_, home) = self.open(SHELF).await.unwrap();
        insert(&home.db(), "bolt", 10).await.unwrap();
        home.db()
    }
}

pub(crate) async fn insert(db: &Db, sku: &'static str, on_hand: i64) -> Result<(), CommitError> {
    db.write(async move |mut tx| {
        tx.query("insert into items (sku, on_hand, version) values ($1, $2, 1)")
            .bind(sku)
            .bind(on_hand)
            .execute()
            .await?;
        tx.commit(()).await
    })
    .await
}

/// Takes one, as a store does: only if nobody was first.
pub(crate) async fn take(db: &Db, sku: &'static str, version: i64) -> Result<(), CommitError> {
    db.write(async move |mut tx| {
        tx.query(
            "update items set on_hand = on_hand - 1, version = version + 1 where sku = $1 and version = $2",
        )
        .bind(sku)
        .bind(version)
        .changed_one()
        .await?;
        tx.commit(()).await
    })
    .await
}

pub(crate) async fn item(db: &Db, sku: &str) -> Option<Row> {
    db.query("select * from items where sku = $1").bind(sku).optional().await.unwrap()
}

pub(crate) async fn on_hand(db: &Db, sku: &str) -> Option<u32> {
    item(db, sku).await.map(|row| row.u32("on_hand").unwrap())
}
