//! Who publishes, who listens, and what either does to its own data.

use std::sync::Arc;

use adapter_sql::{Db, Home, Homes, Tx, migrate};
use outgrow::{
    CallContext, CommitError, Event, IdGen as _, Method, Migration, ModuleSpec, Outgoing, PortDesc,
    SystemClock, SystemIds, Unread, Wire, event::Recorded,
};
use outgrow_runtime::Tasks;
use outgrow_testkit::{TestDatabase, TestDir, contest::Failure};
use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

/// What happens to a parcel.
#[derive(Clone, Debug, PartialEq, Wire, Event)]
#[event("shelf.v1", key = "parcel")]
pub(crate) enum ParcelEvent {
    /// It was packed.
    #[wire(1)]
    Packed {
        #[wire(1)]
        parcel: Uuid,
        #[wire(2)]
        pieces: u32,
    },
    #[wire(other)]
    Other(Unread),
}

pub(crate) static SHELF: ModuleSpec =
    ModuleSpec { publishes: &[ParcelEvent::STREAM], ..spec("shelf", PORTS[0]) };
pub(crate) static EAR: ModuleSpec =
    ModuleSpec { subscribes: &[ParcelEvent::STREAM], ..spec("ear", PORTS[1]) };
static ALL: [&ModuleSpec; 2] = [&SHELF, &EAR];

const PORTS: [&PortDesc; 2] = [&port("shelf.v1", "Shelf"), &port("ear.v1", "Ear")];

const fn port(package: &'static str, name: &'static str) -> PortDesc {
    PortDesc {
        package,
        name,
        doc: "",
        methods: &[],
        contract: Method::contract(package, name),
        delivery: Method::delivery(package, name),
    }
}

const fn spec(name: &'static str, port: &'static PortDesc) -> ModuleSpec {
    ModuleSpec {
        name,
        purpose: "to be measured",
        port,
        older: &[],
        needs: &[],
        publishes: &[],
        subscribes: &[],
        sagas: &[],
        migrations: &[PARCELS],
    }
}

const PARCELS: Migration = Migration {
    name: "0001_parcels",
    sqlite: "create table parcels (
                 id    blob    not null primary key,
                 state text    not null,
                 at    integer not null
             ) strict;
             create table pieces (
                 parcel   blob    not null references parcels (id),
                 position integer not null,
                 sku      text    not null,
                 primary key (parcel, position)
             ) strict, without rowid;",
    postgres: "create table parcels (
                   id    uuid   not null primary key,
                   state text   not null,
                   at    bigint not null
               );
               create table pieces (
                   parcel   uuid   not null references parcels (id),
                   position bigint not null,
                   sku      text   not null,
                   primary key (parcel, position)
               );",
};

/// Where data are.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// The homes of both, and what is thrown away with them.
pub(crate) struct Place {
    pub(crate) shelf: Home,
    pub(crate) ear: Home,
    pub(crate) tasks: Tasks,
    pub(crate) database: Option<TestDatabase>,
    _dir: TestDir,
}

impl Place {
    pub(crate) async fn new(engine: Engine) -> Result<Self, Failure> {
        let dir = TestDir::new();
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(TestDatabase::new().await),
        };
        let in_dir = || format!("sqlite:{}", dir.join("data").display());
        let url = database.as_ref().map_or_else(in_dir, TestDatabase::url).parse()?;
        migrate(&url, None, &ALL, &SystemClock).await?;
        let tasks = Tasks::default();
        let homes = Homes::open(&url, tasks.clone(), Arc::new(SystemClock), Arc::new(SystemIds)).await?;
        let homes = homes.among(&ALL);
        let (shelf, ear) = (homes.home(&SHELF).await?, homes.home(&EAR).await?);
        Ok(Self { shelf, ear, tasks, database, _dir: dir })
    }
}

/// When everything happens.
const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// The change that is made, whoever makes it: a parcel of two pieces.
pub(crate) async fn pack(tx: &mut Tx, parcel: Uuid) -> Result<(), CommitError> {
    let insert = tx.query("insert into parcels (id, state, at) values ($1, $2, $3)");
    insert.bind(parcel).bind("packed").bind(NOW.unix_timestamp()).execute().await?;
    for position in 0..2_i64 {
        let insert = tx.query("insert into pieces (parcel, position, sku) values ($1, $2, $3)");
        insert.bind(parcel).bind(position).bind("BOLT-M4").execute().await?;
    }
    Ok(())
}

/// The same, committed.
pub(crate) async fn packed(db: &Db) -> Result<(), CommitError> {
    let parcel = SystemIds.uuid();
    db.write(async move |mut tx: Tx| {
        pack(&mut tx, parcel).await?;
        tx.commit(()).await
    })
    .await
}

/// What is told of a parcel.
pub(crate) fn told(parcel: Uuid) -> Result<Outgoing, Failure> {
    let cx = CallContext::new("edge", parcel).caused_by(parcel);
    Ok(Outgoing::of(&ParcelEvent::Packed { parcel, pieces: 2 }, SystemIds.uuid(), NOW, &cx)?)
}

/// The same, as it is delivered: the first of its key.
pub(crate) fn delivered() -> Result<Recorded, Failure> {
    let Outgoing { id, stream, key, kind, data, at, correlation, causation } = told(SystemIds.uuid())?;
    let (stream, sequence, previous) = (stream.to_string(), 1, None);
    Ok(Recorded { id, stream, key, sequence, kind, data, at, correlation, causation, previous })
}
