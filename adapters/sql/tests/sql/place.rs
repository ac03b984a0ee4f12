//! Where a law is tried: a place of its own, on one of the engines, and the home of a small module.

use std::{
    env, process,
    sync::Arc,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use adapter_sql::{DataUrl, Db, Home, Homes, Migrated, OpenError, Row, migrate};
use outgrow::{CommitError, Migration, ModuleSpec, PortDesc};
use outgrow_runtime::Tasks;
use outgrow_testkit::{FixedClock, SequentialIds, TestDir, until_async};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::Mutex;

const SERVER: &str = "postgres://postgres@127.0.0.1:5432/postgres";

pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) const SHELF: &ModuleSpec = &spec("shelf", &[ITEMS]);

const PORT: &PortDesc = &PortDesc { package: "shelf.v1", name: "Shelf", doc: "", methods: &[] };

pub(crate) const fn spec(name: &'static str, migrations: &'static [Migration]) -> ModuleSpec {
    ModuleSpec { name, purpose: "to be tested", port: PORT, needs: &[], migrations }
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
    Database { name: String, server: Mutex<PgConnection> },
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let dir = TestDir::new();
        let url = format!("sqlite:{}", dir.join("data").display());
        Self::new(&url, Made::Folder { _kept: dir })
    }

    pub(crate) async fn postgres() -> Self {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let name = format!("outgrow_{}_{}", process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
        let url = env::var("OUTGROW_TEST_POSTGRES").unwrap_or(SERVER.to_owned());
        let mut server = PgConnection::connect(&url).await.unwrap();
        server.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        let (host, _) = url.rsplit_once('/').unwrap();
        let url = format!("{host}/{name}");
        Self::new(&url, Made::Database { name, server: Mutex::new(server) })
    }

    fn new(url: &str, made: Made) -> Self {
        let url = url.parse().unwrap();
        Self { url, clock: FixedClock::new(), tasks: Tasks::default(), made }
    }

    pub(crate) async fn remove(self) {
        if let Made::Database { name, server } = self.made {
            let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
            server.into_inner().execute(drop).await.unwrap();
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.made, Made::Folder { .. })
    }

    pub(crate) async fn homes(&self) -> Homes {
        let (clock, ids) = (Arc::new(self.clock.clone()), Arc::new(SequentialIds::new()));
        Homes::open(&self.url, self.tasks.clone(), clock, ids).await.unwrap()
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
        Ok(migrate(&self.url, &[spec], &self.clock).await?.remove(0))
    }

    /// Asks the server, on a connection of its own. SQLite has none to ask.
    pub(crate) async fn no_transaction_is_open(&self) {
        const OPEN: &str =
            "select 1 from pg_stat_activity where datname = $1 and state like 'idle in transaction%'";
        let Made::Database { name, server } = &self.made else { return };
        let mut server = server.lock().await;
        let none =
            async || sqlx::query(OPEN).bind(name).fetch_optional(&mut *server).await.unwrap().is_none();
        until_async("no transaction is open", LONG, none).await;
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
