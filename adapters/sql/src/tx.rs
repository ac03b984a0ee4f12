//! Transactions: one that writes and must be committed, one that only reads.
//!
//! A statement that fails (or whose future is dropped) dooms its transaction: nothing after it can succeed, COMMIT
//! included. PostgreSQL behaves so by itself, but answers the COMMIT of such a transaction with a silent ROLLBACK,
//! which sqlx reports as success; SQLite would carry on with half of the work. Here both say *not committed*.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use outgrow::{
    CommitError, Outgoing, Remembered, StoreError,
    event::Mark,
    saga::{Instance, Transition, Turn},
};
use outgrow_runtime::crash;
use sqlx::{Postgres, SqlSafeStr, Sqlite};
use time::OffsetDateTime;

use crate::{
    Db, Query, Sql, SqlError, answers,
    db::{Begin, Engine},
    events,
    held::{Call, Failed, Held, Statement},
    lender::Lent,
    query::Bound,
    sagas,
};

/// A transaction that may write. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    conn: Conn,
    lasting: bool,
    doomed: bool,
    fate: Fate,
    db: Db,
    besides: Besides,
}

/// What a transaction does besides what its store does.
#[derive(Clone, Copy, Default)]
struct Besides {
    published: bool,
    marked: bool,
    /// Left a saga to whoever is free.
    left: bool,
    /// Took a turn of a saga: which, for crash points.
    turned: Option<[&'static str; 2]>,
}

impl Besides {
    /// The crash points before and after its commit.
    fn pass(self, when: &str) {
        if self.published {
            crash::point(&["outbox", when]);
        }
        if self.marked {
            crash::point(&["mark", when]);
        }
        if let Some([step, way]) = self.turned {
            crash::point(&["saga", step, way, when]);
        }
    }
}

/// Proof that a write was committed; only [`Tx::commit`] makes one.
#[derive(Debug)]
#[must_use = "it is what the closure of a write returns"]
pub struct Committed<T>(T);

/// A transaction that reads one snapshot.
pub struct ReadTx(Conn);

impl Tx {
    pub(crate) async fn begin(db: &Db, begin: Begin, fate: Fate) -> Result<Self, SqlError> {
        Ok(Self::on(db.engine().begin_write(begin).await?, begin, db, fate))
    }

    /// Begins by marking an event as handled, both at once, without waiting for the disk.
    pub(crate) async fn marking(db: &Db, fate: Fate, mark: &Mark) -> Result<Self, CommitError> {
        let begin = Begin::JOTTED;
        let conn = match db.engine() {
            Engine::Postgres(sessions) => {
                let mut lent = sessions.stores.lend().await?;
                events::begin_marking_on_postgres(&mut lent, begin.postgres, mark).await?;
                Conn::Postgres(lent)
            }
            Engine::Sqlite(pools) => {
                let mut lent = pools.write.for_a_transaction(begin.sqlite, begin.setting).await?;
                events::begin_marking_on_sqlite(&mut lent, mark).await?;
                Conn::Sqlite(lent)
            }
        };
        let mut tx = Self::on(conn, begin, db, fate);
        tx.besides.marked = true;
        Ok(tx)
    }

    fn on(conn: Conn, begin: Begin, db: &Db, fate: Fate) -> Self {
        let (db, besides) = (db.clone(), Besides::default());
        Self { conn, lasting: begin.lasting, doomed: false, fate, db, besides }
    }

    /// Whether it is in PostgreSQL.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.conn, Conn::Postgres(_))
    }

    /// A statement of this transaction.
    pub fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        Query::new(self.conn.bound(sql.into())).of_tx(&mut self.doomed)
    }

    /// What the kit does at once: one statement on PostgreSQL, and on SQLite perhaps several, each of which would go to
    /// the thread of its connection and back by itself. They have their values in common.
    pub(crate) fn batch(&mut self, sql: Sql) -> Query<'_> {
        Query::of_kit(self.conn.bound(sql)).of_tx(&mut self.doomed)
    }

    /// What the kit adds, and goes with COMMIT.
    pub(crate) fn hold(&mut self, statement: &impl Statement) {
        match &mut self.conn {
            Conn::Postgres(lent) => lent.hold(Call::of(statement)),
            Conn::Sqlite(lent) => lent.hold(Held::of(statement)),
        }
    }

    /// Remembers what a command was answered: in the transaction that has its effects, for seven days. It goes with
    /// [`Tx::commit`], which is a conflict if the command has been answered already.
    ///
    /// # Errors
    /// [`CommitError::NotCommitted`] in [`Db::handle`].
    pub fn remember(&mut self, answer: &Remembered, at: OffsetDateTime) -> Result<(), CommitError> {
        self.lasting("remember an answer")?;
        answers::remember(self, answer, at);
        Ok(())
    }

    /// Publishes an event: it is delivered to every subscriber if this transaction is committed, and was never there
    /// if it is not. It goes with [`Tx::commit`].
    ///
    /// # Errors
    /// [`CommitError::NotCommitted`] if the module's `ModuleSpec` does not publish its stream, and in [`Db::handle`].
    pub fn publish(&mut self, event: &Outgoing) -> Result<(), CommitError> {
        self.lasting("publish")?;
        let db = self.db.clone();
        events::publish(self, &db, event)?;
        self.besides.published = true;
        Ok(())
    }

    /// Marks an event as handled: in the transaction that has the effects of handling it.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if it has been handled already.
    pub async fn mark(&mut self, mark: &Mark) -> Result<(), CommitError> {
        events::mark(self, mark).await?;
        self.besides.marked = true;
        Ok(())
    }

    /// Keeps a transition of a saga: in the transaction with what it is about. The saga afterwards; none if nothing
    /// changes. One that begins is there once this is committed.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if it is not where that was decided; [`CommitError::NotCommitted`] if this transaction
    /// begins a saga and is to call one off.
    pub async fn advance(&mut self, transition: &Transition) -> Result<Option<Instance>, CommitError> {
        self.lasting("turn a saga")?;
        let begun = self.besides.turned.is_some_and(|[step, _]| step == "began");
        if begun && transition.at.is_none() && transition.turn != Turn::Began {
            let why = "a saga that this transaction begins may be there once it is committed: turn it then";
            return Err(CommitError::NotCommitted(StoreError::new(why.to_owned())));
        }
        let after = sagas::advance(self, transition).await?;
        self.besides.turned = Some(sagas::turned(transition));
        // Who decided at a step goes on by itself; what begins, or is called off, is for whoever is free.
        self.besides.left |= transition.at.is_none() && after.as_ref().is_some_and(Instance::live);
        Ok(after)
    }

    /// Refuses what others learn of, or build on, in a transaction that a loss of power may take back.
    fn lasting(&self, what: &str) -> Result<(), CommitError> {
        if self.lasting {
            return Ok(());
        }
        let why = format!("what a loss of power may take back cannot {what}: use `Db::write` (ADR 0023)");
        Err(CommitError::NotCommitted(StoreError::new(why)))
    }

    /// Commits, and returns `value` as committed.
    ///
    /// # Errors
    /// [`CommitError::NotCommitted`] or [`CommitError::Conflict`] if the engine said so, of this or of what was to go with
    /// it; else [`CommitError::InDoubt`].
    pub async fn commit<T>(self, value: T) -> Result<Committed<T>, CommitError> {
        if self.doomed {
            return Err(SqlError::doomed().into());
        }
        let besides = self.besides;
        besides.pass("uncommitted");
        self.fate.commit_sent(true);
        let ended = match self.conn {
            Conn::Postgres(lent) => lent.commit().await,
            Conn::Sqlite(lent) => lent.commit().await,
        };
        let wake = || {
            besides.pass("committed");
            if besides.published {
                self.db.events().published();
            }
            if besides.left {
                self.db.sagas().ring();
            }
            Committed(value)
        };
        ended.map(|()| wake()).map_err(|failed| match failed {
            Failed::Commit(error) if error.leaves_commit_in_doubt() => CommitError::InDoubt(error.into()),
            Failed::Before(error) | Failed::Commit(error) => {
                self.fate.commit_sent(false);
                error.into()
            }
        })
    }

    /// Runs a script of many statements, such as a migration.
    pub(crate) async fn script(&mut self, sql: impl SqlSafeStr + Send) -> Result<(), SqlError> {
        match &mut self.conn {
            Conn::Postgres(lent) => sqlx::raw_sql(sql).execute(lent.conn()).await.map(|_| ())?,
            Conn::Sqlite(lent) => sqlx::raw_sql(sql).execute(lent.conn()).await.map(|_| ())?,
        }
        Ok(())
    }
}

impl<T> Committed<T> {
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl ReadTx {
    pub(crate) async fn begin(engine: &Engine) -> Result<Self, SqlError> {
        Ok(Self(engine.begin_read().await?))
    }

    /// A statement on this snapshot.
    pub fn query(&mut self, sql: impl Into<Sql>) -> Query<'_> {
        Query::new(self.0.bound(sql.into()))
    }
}

/// The connection that a transaction has taken from its pool.
pub(crate) enum Conn {
    Postgres(Lent<Postgres>),
    Sqlite(Lent<Sqlite>),
}

impl Conn {
    fn bound(&mut self, sql: Sql) -> Bound<'_> {
        match self {
            Self::Postgres(lent) => Bound::postgres_conn(sql, lent.conn()),
            Self::Sqlite(lent) => Bound::sqlite_conn(sql, lent.conn()),
        }
    }
}

/// What is known of a write from outside: whether it may have been committed.
#[derive(Clone, Default)]
pub(crate) struct Fate(Arc<AtomicBool>);

impl Fate {
    fn commit_sent(&self, sent: bool) {
        self.0.store(sent, Ordering::SeqCst);
    }

    /// The error, as far as it can be true.
    pub(crate) fn judge(&self, error: CommitError) -> CommitError {
        if !self.0.load(Ordering::SeqCst) {
            return error;
        }
        match error {
            CommitError::NotCommitted(source) | CommitError::InDoubt(source) => CommitError::InDoubt(source),
            CommitError::Conflict => CommitError::InDoubt(StoreError::new(CommitError::Conflict)),
        }
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("doomed", &self.doomed).finish_non_exhaustive()
    }
}

impl fmt::Debug for ReadTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadTx").finish_non_exhaustive()
    }
}
