//! One statement with its values, on either engine. sqlx does the encoding; this only picks the engine.
//!
//! Only statements on data pass (`select`, `insert`, `update`, `delete`, `with`, `values`), one at a time: so no store
//! attaches another module's file, changes a pragma or a role, or ends a transaction behind its back.

use std::fmt;

use outgrow::{BoxFuture, CommitError};
use sqlx::{
    Arguments as _, AssertSqlSafe, Database, Encode, Postgres, Sqlite, Type, postgres::PgArguments,
    sqlite::SqliteArguments,
};

use crate::{Row, SqlError, lender::Lender};

/// A value that both engines can store. All of these already are: integers, `bool`, `f64`, text, bytes, `Uuid` (a blob
/// on SQLite), [`Timestamp`](crate::Timestamp), JSON, and options of them.
pub trait Bind:
    Type<Postgres> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + for<'q> Encode<'q, Sqlite>
{
}
impl<T> Bind for T where
    T: Type<Postgres> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + for<'q> Encode<'q, Sqlite>
{
}

/// A statement: usually one text for both engines (`$1`, `on conflict` and `returning` work on both).
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    /// For PostgreSQL.
    pub postgres: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
}

impl Sql {
    /// One text for both.
    pub(crate) const fn of(sql: &'static str) -> Self {
        Self { postgres: sql, sqlite: sql }
    }
}

impl From<&'static str> for Sql {
    fn from(sql: &'static str) -> Self {
        Self::of(sql)
    }
}

/// A statement with its values, to be run by one of its methods.
#[must_use = "a query does nothing until it is run"]
pub struct Query<'c> {
    bound: Bound<'c>,
    wrong: Option<SqlError>,
    doomed: Option<&'c mut bool>,
}

impl<'c> Query<'c> {
    pub(crate) fn new(bound: Bound<'c>) -> Self {
        let wrong = refusal(bound.sql()).map(|why| SqlError::statement(bound.sql(), why));
        Self { bound, wrong, doomed: None }
    }

    /// Of the kit itself: on SQLite it may be several statements, and its rows are those of all of them.
    pub(crate) fn of_kit(bound: Bound<'c>) -> Self {
        Self { bound, wrong: None, doomed: None }
    }

    pub(crate) fn of_tx(self, doomed: &'c mut bool) -> Self {
        Self { doomed: Some(doomed), ..self }
    }

    /// Binds the next value: the first is `$1`. One that cannot be encoded is an error when the query is run.
    pub fn bind(mut self, value: impl Bind) -> Self {
        let added = match &mut self.bound {
            Bound::Postgres(_, values, _) => values.add(value),
            Bound::Sqlite(_, values, _) => values.add(value),
        };
        if let Err(error) = added {
            self.wrong.get_or_insert(sqlx::Error::Encode(error).into());
        }
        self
    }

    /// Runs it and tells how many rows it changed.
    pub fn execute(self) -> BoxFuture<'c, Result<u64, SqlError>> {
        Box::pin(async move {
            let (bound, end) = self.begin()?;
            let rows = run!(bound, |query, on| query.execute(on).await?.rows_affected());
            end.well();
            Ok(rows)
        })
    }

    /// Runs it; [`CommitError::Conflict`] unless it changed exactly one row. This is the optimistic version check.
    pub fn changed_one(self) -> BoxFuture<'c, Result<(), CommitError>> {
        Box::pin(async move {
            match self.execute().await? {
                1 => Ok(()),
                _ => Err(CommitError::Conflict),
            }
        })
    }

    /// The first row, if there is one.
    pub fn optional(self) -> BoxFuture<'c, Result<Option<Row>, SqlError>> {
        Box::pin(async move {
            let (bound, end) = self.begin()?;
            let row = run!(bound, |query, on| query.fetch_optional(on).await?.map(Row::from));
            end.well();
            Ok(row)
        })
    }

    /// The first row; none is an error.
    pub fn one(self) -> BoxFuture<'c, Result<Row, SqlError>> {
        Box::pin(async move { self.optional().await?.ok_or_else(|| sqlx::Error::RowNotFound.into()) })
    }

    /// Every row: bound the number with `limit`.
    pub fn all(self) -> BoxFuture<'c, Result<Vec<Row>, SqlError>> {
        Box::pin(async move {
            let (bound, end) = self.begin()?;
            let rows =
                run!(bound, |query, on| query.fetch_all(on).await?.into_iter().map(Row::from).collect());
            end.well();
            Ok(rows)
        })
    }

    /// Every row, of what is on SQLite a transaction of its own.
    pub(crate) async fn transaction(self) -> Result<Vec<Row>, SqlError> {
        self.beginning("; commit").await
    }

    /// Every row, of what a transaction begins with on SQLite.
    pub(crate) async fn begin_transaction(self) -> Result<Vec<Row>, SqlError> {
        self.beginning("").await
    }

    /// One text, so that BEGIN does not go to the thread of its connection and back by itself.
    async fn beginning(self, end: &str) -> Result<Vec<Row>, SqlError> {
        match self {
            Self { bound: Bound::Sqlite(sql, values, Target::Conn(on)), wrong: None, .. } => {
                let sql = AssertSqlSafe(format!("begin immediate; {sql}{end}"));
                let rows = sqlx::query_with(sql, values).fetch_all(on).await?;
                Ok(rows.into_iter().map(Row::from).collect())
            }
            other => other.all().await,
        }
    }

    fn begin(self) -> Result<(Bound<'c>, Ending<'c>), SqlError> {
        let Self { bound, wrong, mut doomed } = self;
        if doomed.as_deref() == Some(&true) {
            return Err(SqlError::doomed());
        }
        if let Some(doomed) = &mut doomed {
            **doomed = true;
        }
        wrong.map_or(Ok((bound, Ending(doomed))), Err)
    }
}

/// Dooms the transaction of a statement unless the statement ended well.
struct Ending<'c>(Option<&'c mut bool>);

impl Ending<'_> {
    fn well(self) {
        if let Some(doomed) = self.0 {
            *doomed = false;
        }
    }
}

/// Why a store may not run this.
fn refusal(sql: &str) -> Option<&'static str> {
    const WORDS: [&str; 6] = ["select", "insert", "update", "delete", "with", "values"];
    let first = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if !WORDS.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        return Some("only select, insert, update, delete, with and values are for stores");
    }
    sql.contains(';').then_some("one statement at a time, without a semicolon; bind texts that have one")
}

/// A statement, its values, and where it is to run.
pub(crate) enum Bound<'c> {
    Postgres(&'static str, PgArguments, Target<'c, Postgres>),
    Sqlite(&'static str, SqliteArguments, Target<'c, Sqlite>),
}

pub(crate) enum Target<'c, DB: Database> {
    Any(&'c Lender<DB>),
    Conn(&'c mut DB::Connection),
}

impl<'c> Bound<'c> {
    pub(crate) fn postgres(sql: Sql, any: &'c Lender<Postgres>) -> Self {
        Self::Postgres(sql.postgres, PgArguments::default(), Target::Any(any))
    }

    pub(crate) fn postgres_conn(sql: Sql, conn: &'c mut sqlx::PgConnection) -> Self {
        Self::Postgres(sql.postgres, PgArguments::default(), Target::Conn(conn))
    }

    pub(crate) fn sqlite(sql: Sql, any: &'c Lender<Sqlite>) -> Self {
        Self::Sqlite(sql.sqlite, SqliteArguments::default(), Target::Any(any))
    }

    pub(crate) fn sqlite_conn(sql: Sql, conn: &'c mut sqlx::SqliteConnection) -> Self {
        Self::Sqlite(sql.sqlite, SqliteArguments::default(), Target::Conn(conn))
    }

    fn sql(&self) -> &'static str {
        match self {
            Self::Postgres(sql, ..) | Self::Sqlite(sql, ..) => sql,
        }
    }
}

/// Runs one body on a connection that is lent for it.
macro_rules! lent {
    ($any:ident, $sql:ident, $values:ident, |$query:ident, $on:ident| $body:expr) => {{
        let mut lent = $any.lend().await?;
        let $on = lent.conn();
        let $query = sqlx::query_with($sql, $values);
        let ended = $body;
        lent.give_back();
        ended
    }};
}

use lent;

/// Runs one body on whichever engine and target a statement has.
macro_rules! run {
    ($bound:expr, |$query:ident, $on:ident| $body:expr) => {
        match $bound {
            Bound::Postgres(sql, values, Target::Any(any)) => lent!(any, sql, values, |$query, $on| $body),
            Bound::Postgres(sql, values, Target::Conn($on)) => {
                let $query = sqlx::query_with(sql, values);
                $body
            }
            Bound::Sqlite(sql, values, Target::Any(any)) => lent!(any, sql, values, |$query, $on| $body),
            Bound::Sqlite(sql, values, Target::Conn($on)) => {
                let $query = sqlx::query_with(sql, values);
                $body
            }
        }
    };
}
use run;

impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Query").field(&self.bound.sql()).finish()
    }
}
