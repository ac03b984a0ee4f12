//! The handle of a module's home: everything the module reads or writes goes through it.
//!
//! Being the only way in, it is also the seam at which a home can later be paused and re-pointed.
//!
//! It reads with connections that cannot write, and finishes every write: a future that is dropped in the
//! middle of a transaction (a client who left, a deadline, a `select!`) must neither cut a module in half nor give a
//! connection with an open transaction back to the pool. sqlx's `begin` is not cancel-safe on PostgreSQL.

use std::{fmt, sync::Arc};

use outgrow::{CommitError, StoreError, event::Mark};
use outgrow_runtime::finish::finish;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, debug_span};

use crate::{
    Committed, Query, ReadTx, Row, Sql, SqlError, Tx,
    events::Events,
    postgres::Sessions,
    query::Bound,
    sagas::Bells,
    sqlite::Pools,
    turns::Turns,
    tx::{Conn, Fate},
};

/// A module's own database. Clones are the same home.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    module: &'static str,
    engine: Engine,
    writes: TaskTracker,
    turns: Turns,
    events: Events,
    sagas: Bells,
}

#[derive(Clone)]
pub(crate) enum Engine {
    Postgres(Sessions),
    Sqlite(Pools),
}

/// How a transaction that may write begins.
///
/// On PostgreSQL connections are read-only unless a transaction says otherwise: see `postgres.rs`. On SQLite a deferred
/// transaction that turns into a write would fail at once, whatever the busy timeout says.
#[derive(Clone, Copy)]
pub(crate) struct Begin {
    /// Whether what it commits outlasts the loss of power (ADR 0023). If not, it does so once a later commit of the same
    /// home lasts.
    pub(crate) lasting: bool,
    pub(crate) postgres: &'static str,
    pub(crate) sqlite: &'static str,
    /// What of it stays set on SQLite.
    pub(crate) setting: &'static str,
}

impl Begin {
    pub(crate) const LASTING: Self = Self {
        lasting: true,
        postgres: "begin read write",
        sqlite: "pragma synchronous = full; begin immediate",
        setting: "pragma synchronous = full",
    };
    pub(crate) const JOTTED: Self = Self {
        lasting: false,
        postgres: "begin read write; set local synchronous_commit = off",
        sqlite: "pragma synchronous = normal; begin immediate",
        setting: "pragma synchronous = normal",
    };
}

/// What a statement of PostgreSQL returns to have its commit wait for the disk, in a session where none does. Only a row
/// that it returns has it evaluated: where there is none, nothing was changed.
macro_rules! lasts {
    () => {
        "set_config('synchronous_commit', 'on', true)"
    };
}
pub(crate) use lasts;

impl Db {
    pub(crate) fn new(module: &'static str, engine: Engine) -> Self {
        let (writes, turns, events) = (TaskTracker::new(), Turns::default(), Events::default());
        Self(Arc::new(Inner { module, engine, writes, turns, events, sagas: Bells::default() }))
    }

    /// A statement that reads. It cannot write, and sees what was committed when it begins.
    pub fn query(&self, sql: impl Into<Sql>) -> Query<'_> {
        let sql = sql.into();
        Query::new(match self.engine() {
            Engine::Postgres(sessions) => Bound::postgres(sql, &sessions.stores),
            Engine::Sqlite(pools) => Bound::sqlite(sql, &pools.read),
        })
    }

    /// One snapshot for several statements that read. It ends when it is dropped.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<ReadTx, StoreError> {
        Ok(ReadTx::begin(self.engine()).await?)
    }

    /// A statement of the kit that reads the first of very many rows, by an index: see `postgres.rs`.
    pub(crate) fn query_by_index(&self, sql: Sql) -> Query<'_> {
        Query::new(match self.engine() {
            Engine::Postgres(sessions) => Bound::postgres(sql, &sessions.kit),
            Engine::Sqlite(pools) => Bound::sqlite(sql, &pools.read),
        })
    }

    /// Runs `work` in one transaction, to its end, even if the caller does not wait for it.
    ///
    /// ```
    /// # use adapter_sql::Db;
    /// # use outgrow::CommitError;
    /// async fn ship(db: &Db, sku: String, quantity: u32, version: i64) -> Result<(), CommitError> {
    ///     db.write(async move |mut tx| {
    ///         tx.query("update items set on_hand = on_hand - $1, version = version + 1 where sku = $2 and version = $3")
    ///             .bind(i64::from(quantity))
    ///             .bind(sku)
    ///             .bind(version)
    ///             .changed_one()
    ///             .await?;
    ///         tx.commit(()).await
    ///     })
    ///     .await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when a unique key was taken, or the engine found that somebody else was first;
    /// [`CommitError::InDoubt`] when COMMIT was sent and its answer lost; else [`CommitError::NotCommitted`], which
    /// is also what a panic in `work` becomes. Of `work`'s own error only its kind is trusted as far as it can be
    /// true: once COMMIT has been sent, it cannot be *not committed*.
    pub async fn write<T, W, F>(&self, work: W) -> Result<T, CommitError>
    where
        W: FnOnce(Tx) -> F + Send + 'static,
        F: Future<Output = Result<Committed<T>, CommitError>> + Send,
        T: Send + 'static,
    {
        let db = self.clone();
        self.in_transaction(async move |fate| Ok(Tx::begin(&db, Begin::LASTING, fate).await?), work).await
    }

    /// The same for an event that has come, marked as handled with `work`'s effects. They stay in this home: `work`
    /// publishes nothing, turns no saga and remembers no answer; whoever does uses [`Db::write`] and [`Tx::mark`].
    ///
    /// It does not wait for the disk (ADR 0023): a loss of power takes back effects and mark together, and the event is
    /// handled again.
    ///
    /// ```
    /// # use adapter_sql::Db;
    /// # use outgrow::{CommitError, event::Mark};
    /// async fn note(db: &Db, sku: String, mark: &Mark) -> Result<(), CommitError> {
    ///     db.handle(mark, async move |mut tx| {
    ///         tx.query("insert into arrivals (sku) values ($1)").bind(sku).execute().await?;
    ///         tx.commit(()).await
    ///     })
    ///     .await
    /// }
    /// ```
    ///
    /// # Errors
    /// As of [`Db::write`]; [`CommitError::Conflict`] if the event has been handled already.
    pub async fn handle<T, W, F>(&self, mark: &Mark, work: W) -> Result<T, CommitError>
    where
        W: FnOnce(Tx) -> F + Send + 'static,
        F: Future<Output = Result<Committed<T>, CommitError>> + Send,
        T: Send + 'static,
    {
        let (db, mark) = (self.clone(), mark.clone());
        self.in_transaction(async move |fate| Tx::marking(&db, fate, &mark).await, work).await
    }

    /// What the kit writes in one statement, or on SQLite in one text of them: a transaction of its own, which goes to
    /// the engine and back once. Its rows. On PostgreSQL the statement itself [says that it lasts](lasts).
    pub(crate) async fn write_at_once(
        &self,
        sql: Sql,
        values: impl for<'q> FnOnce(Query<'q>) -> Query<'q> + Send + 'static,
    ) -> Result<Vec<Row>, CommitError> {
        self.at_once(Begin::LASTING, sql, values).await
    }

    /// The same, without waiting for the disk (ADR 0023).
    pub(crate) async fn jot_at_once(
        &self,
        sql: Sql,
        values: impl for<'q> FnOnce(Query<'q>) -> Query<'q> + Send + 'static,
    ) -> Result<Vec<Row>, CommitError> {
        self.at_once(Begin::JOTTED, sql, values).await
    }

    pub(crate) async fn at_once(
        &self,
        begin: Begin,
        sql: Sql,
        values: impl for<'q> FnOnce(Query<'q>) -> Query<'q> + Send + 'static,
    ) -> Result<Vec<Row>, CommitError> {
        let engine = self.engine().clone();
        let task = async move {
            match engine {
                Engine::Postgres(sessions) => {
                    debug_assert_eq!(begin.lasting, sql.postgres.contains(lasts!()), "{}", sql.postgres);
                    let mut lent = sessions.kit.lend().await?;
                    let query = Query::of_kit(Bound::postgres_conn(sql, lent.conn()));
                    let rows = values(query).all().await.map_err(SqlError::of_commit)?;
                    lent.give_back();
                    Ok(rows)
                }
                Engine::Sqlite(pools) => {
                    let Begin { sqlite, setting, .. } = begin;
                    let mut lent = pools.write.for_a_transaction(sqlite, setting).await?;
                    let query = Query::of_kit(Bound::sqlite_conn(sql, lent.conn()));
                    let rows = values(query).transaction().await.map_err(SqlError::of_commit)?;
                    lent.committed();
                    Ok(rows)
                }
            }
        };
        let span = debug_span!("at once", home = self.0.module, begin.lasting);
        let ended = finish(self.0.writes.track_future(task.instrument(span))).await;
        ended.unwrap_or_else(|_panic| Err(SqlError::panicked().into()))
    }

    async fn in_transaction<T, B, BF, W, F>(&self, begin: B, work: W) -> Result<T, CommitError>
    where
        B: FnOnce(Fate) -> BF + Send + 'static,
        BF: Future<Output = Result<Tx, CommitError>> + Send,
        W: FnOnce(Tx) -> F + Send + 'static,
        F: Future<Output = Result<Committed<T>, CommitError>> + Send,
        T: Send + 'static,
    {
        let fate = Fate::default();
        let of_task = fate.clone();
        let task = async move { work(begin(of_task).await?).await.map(Committed::into_inner) };
        let span = debug_span!("write", home = self.0.module);
        let ended = finish(self.0.writes.track_future(task.instrument(span))).await;
        ended.unwrap_or_else(|_panic| Err(SqlError::panicked().into())).map_err(|error| fate.judge(error))
    }

    pub(crate) fn module(&self) -> &'static str {
        self.0.module
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn events(&self) -> &Events {
        &self.0.events
    }

    pub(crate) fn sagas(&self) -> &Bells {
        &self.0.sagas
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Waits for the writes that have begun, then closes every connection.
    pub(crate) async fn close(&self) {
        self.0.writes.close();
        self.0.writes.wait().await;
        match self.engine() {
            Engine::Postgres(sessions) => {
                sessions.stores.close().await;
                sessions.kit.close().await;
            }
            Engine::Sqlite(pools) => {
                pools.read.close().await;
                pools.write.close().await;
            }
        }
    }
}

impl Engine {
    /// As in the paths of migrations.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// Begins a transaction that may write.
    pub(crate) async fn begin_write(&self, begin: Begin) -> Result<Conn, SqlError> {
        Ok(match self {
            Self::Postgres(sessions) => Conn::Postgres(sessions.stores.begin(begin.postgres).await?),
            Self::Sqlite(pools) => Conn::Sqlite(pools.write.begin(begin.sqlite).await?),
        })
    }

    /// Begins a transaction that reads one snapshot.
    pub(crate) async fn begin_read(&self) -> Result<Conn, SqlError> {
        match self {
            Self::Postgres(sessions) => {
                let stores = sessions.stores.clone();
                let snapshot = "begin isolation level repeatable read, read only";
                let begun = finish(async move { stores.begin(snapshot).await }).await;
                Ok(Conn::Postgres(begun.map_err(|_panic| SqlError::panicked())??))
            }
            Self::Sqlite(pools) => Ok(Conn::Sqlite(pools.read.begin("begin").await?)),
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("module", &self.0.module).field("engine", &self.engine().name()).finish()
    }
}

#[cfg(test)]
pub(crate) mod tests;
