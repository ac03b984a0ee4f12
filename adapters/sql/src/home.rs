//! The homes of a process, and what a module gets of them.
//!
//! A module's [`Home`] holds all that a core may not make up itself: its data, the time, new ids, and background
//! work. It reaches the module's own data only: its own file, or its own schema.

use std::{fmt, sync::Arc, time::Duration};

use outgrow::{
    Clock, Event, IdGen, ModuleSpec, Saga, Steps,
    command::Undecided,
    event::{Delivered, Handled},
};
use outgrow_runtime::{
    Tasks,
    events::{Poison, Subscription},
    modules::{EventHome, Handlers, SagaHome},
    sagas::Running,
};
use tokio::{sync::Mutex, task::JoinSet, time::timeout};

use crate::{
    DataUrl, Db, OpenError, SagaUpkeep, SqlError, Upkeep, answers, events, migrate, postgres, sagas, sqlite,
    url::Place,
};

/// How long a home may take to answer that it is there.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// A module's home.
#[derive(Clone)]
pub struct Home {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    tasks: Tasks,
    handlers: Handlers,
    running: Running,
}

impl Home {
    /// The module whose home this is.
    pub fn module(&self) -> &'static str {
        self.db.module()
    }

    /// Its database.
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// Its clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Its ids.
    pub fn ids(&self) -> Arc<dyn IdGen> {
        Arc::clone(&self.ids)
    }

    /// The background work of its process.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Lets the module listen to a stream of events: `handle` is told each, of each key one after the other, and
    /// commits its mark ([`Tx::mark`](crate::Tx::mark)) with what comes of it.
    pub fn listen<E, R>(&self, poison: Poison, handle: impl Fn(Delivered<E>) -> R + Send + Sync + 'static)
    where
        E: Event + Clone + Sync,
        R: Future<Output = Result<Handled, Undecided>> + Send + 'static,
    {
        self.handlers.add(Subscription::of(self.module(), poison, handle));
    }

    /// Lets the module see a saga through: `steps` say what is done in each of its steps.
    pub fn see_through(&self, saga: &'static Saga, steps: Arc<dyn Steps>) {
        self.running.add(saga, steps);
    }

    /// Its sagas, for who looks after them.
    pub fn saga_upkeep(&self) -> SagaUpkeep {
        SagaUpkeep(self.db())
    }

    /// Its events, for who looks after them.
    pub fn upkeep(&self) -> Upkeep {
        Upkeep(self.db())
    }

    /// Where its events are kept, and who handles those of others.
    pub fn events(&self) -> EventHome {
        let db = Arc::new(self.db());
        EventHome { outbox: Arc::<Db>::clone(&db), inbox: db, handlers: self.handlers.clone() }
    }

    /// Where its sagas are kept, and who takes their steps.
    pub fn sagas(&self) -> SagaHome {
        SagaHome { store: Arc::new(self.db()), running: self.running.clone() }
    }
}

/// Opens the homes of a process, all at one [`DataUrl`].
pub struct Homes {
    url: DataUrl,
    tasks: Tasks,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    open: Mutex<Vec<Home>>,
    modules: &'static [&'static ModuleSpec],
}

/// A home that does not answer.
#[derive(Debug)]
pub struct Unready {
    /// Whose it is.
    pub module: &'static str,
    /// What it did instead; nothing if it did nothing in time.
    pub error: Option<SqlError>,
}

impl Homes {
    /// Prepares the place: on SQLite creates its folder. PostgreSQL is not asked before a home is opened.
    ///
    /// # Errors
    /// When the folder cannot be used.
    #[expect(
        clippy::unused_async,
        reason = "a place may need to be asked; callers should not have to change then"
    )]
    pub async fn open(
        url: &DataUrl,
        tasks: Tasks,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Result<Self, OpenError> {
        if let Place::Sqlite(folder) = &url.0 {
            sqlite::folder(folder)?;
        }
        Ok(Self { url: url.clone(), tasks, clock, ids, open: Mutex::default(), modules: &[] })
    }

    /// The same, of a system of these modules: what one of them publishes is kept for those that listen.
    #[must_use]
    pub fn among(self, modules: &'static [&'static ModuleSpec]) -> Self {
        Self { modules, ..self }
    }

    /// The home of a module. On SQLite it is created and migrated, under a lock; on PostgreSQL it must have been.
    /// Asked twice, it is the same home.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn home(&self, spec: &'static ModuleSpec) -> Result<Home, OpenError> {
        let mut open = self.open.lock().await;
        if let Some(home) = open.iter().find(|home| home.module() == spec.name) {
            return Ok(home.clone());
        }
        let db = match &self.url.0 {
            Place::Sqlite(folder) => sqlite::open(folder, spec, self.clock.now()).await?.0,
            Place::Postgres(options) => {
                let db = postgres::open(options, spec)?;
                migrate::check(&db, spec).await?;
                db
            }
        };
        let (ids, tasks) = (Arc::clone(&self.ids), self.tasks.clone());
        let home = Home {
            db,
            clock: self.clock(),
            ids,
            tasks,
            handlers: Handlers::default(),
            running: Running::default(),
        };
        home.db.events().tell(spec, self.modules);
        answers::forget_hourly(&home);
        events::forget_hourly(&home);
        sagas::forget_hourly(&home);
        open.push(home.clone());
        Ok(home)
    }

    /// The open homes that do not answer a read within a second. None means ready.
    pub async fn ready(&self) -> Vec<Unready> {
        let homes = self.open.lock().await.clone();
        let mut asked: JoinSet<_> = homes.into_iter().map(|home| ask(home.db)).collect();
        let mut unready = Vec::new();
        while let Some(answer) = asked.join_next().await {
            unready.extend(answer.ok().and_then(Result::err));
        }
        unready.sort_by_key(|home| home.module);
        unready
    }

    /// The modules whose homes are open.
    pub async fn modules(&self) -> Vec<&'static str> {
        self.open.lock().await.iter().map(Home::module).collect()
    }

    /// Waits for every write that has begun, then closes the homes. Drain the process first: later writes fail, *not
    /// committed*.
    pub async fn close(&self) {
        for home in self.open.lock().await.iter() {
            home.db.close().await;
        }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}

async fn ask(db: Db) -> Result<(), Unready> {
    // Every home has this table, so that the file or the schema is read, not only the engine asked.
    let read = db.query("select 1 from outgrow_migrations limit 1").optional();
    match timeout(READY_WITHIN, read).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Unready { module: db.module(), error: Some(error) }),
        Err(_) => Err(Unready { module: db.module(), error: None }),
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "the home of {} failed: {error}", self.module),
            None => write!(f, "the home of {} does not answer", self.module),
        }
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Home").field(&self.db).finish()
    }
}

impl fmt::Debug for Homes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Homes").field(&self.url).finish()
    }
}
