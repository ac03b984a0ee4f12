//! What goes with COMMIT: statements of the kit that add something, and whose rows nobody reads.
//!
//! To publish an event, to remember an answer and to begin a saga is one statement each. They are held until COMMIT and go
//! with it, so none of them makes a transaction go to the engine and back once more.
//!
//! (A handler's mark goes with BEGIN in the same way.)
//!
//! PostgreSQL takes one statement with values, or a text of several without. So what is held is prepared under a name, once
//! for each connection, and executed in such a text with its values as literals. On SQLite the last one takes COMMIT along.

use std::fmt::Write as _;

use futures_util::{TryStreamExt as _, stream::BoxStream};
use sqlx::{
    Arguments as _, AssertSqlSafe, Either, Encode, Executor as _, PgConnection, Postgres, SqliteConnection,
    Type, TypeInfo as _, error::BoxDynError, postgres::PgArgumentBuffer, sqlite::SqliteArguments,
};
use uuid::Uuid;

use crate::{Bind, Query, Sql, SqlError};

/// In microseconds.
const DAY: i64 = 86_400_000_000;

/// What the kit says to a home, with its values.
pub(crate) trait Statement {
    /// What it is prepared as, after `outgrow_`.
    const NAME: &'static str;
    const SQL: Sql;

    /// Adds its values, in order.
    fn values<V: Values>(&self, to: V) -> V;
}

/// What takes the values of a statement.
pub(crate) trait Values: Sized {
    /// The next one: the first is `$1`.
    fn value(self, value: impl Bind) -> Self;
}

impl Values for Query<'_> {
    fn value(self, value: impl Bind) -> Self {
        self.bind(value)
    }
}

/// A statement that is held for SQLite.
pub(crate) struct Held {
    sql: &'static str,
    values: SqliteArguments,
    wrong: Option<BoxDynError>,
}

/// A statement that is held for PostgreSQL: prepared, and its values as literals.
pub(crate) struct Call {
    name: &'static str,
    sql: &'static str,
    types: Vec<String>,
    literals: Vec<String>,
    wrong: Option<BoxDynError>,
}

impl Held {
    pub(crate) fn of<S: Statement>(statement: &S) -> Self {
        debug_assert!(
            !S::SQL.sqlite.trim_end().ends_with(';'),
            "its statements are counted by what is between them"
        );
        statement.values(Self { sql: S::SQL.sqlite, values: SqliteArguments::default(), wrong: None })
    }

    fn statement(self) -> Result<(&'static str, SqliteArguments), Failed> {
        right(self.wrong).map(|()| (self.sql, self.values))
    }
}

impl Values for Held {
    fn value(mut self, value: impl Bind) -> Self {
        self.wrong = self.wrong.or(self.values.add(value).err());
        self
    }
}

impl Call {
    pub(crate) fn of<S: Statement>(statement: &S) -> Self {
        let (name, sql) = (S::NAME, S::SQL.postgres);
        statement.values(Self { name, sql, types: Vec::new(), literals: Vec::new(), wrong: None })
    }

    /// Prepares it unless it is. A connection that was in its pool meanwhile still has what it had.
    fn prepare(&self) -> String {
        let Self { name, sql, types, .. } = self;
        let types = types.join(", ");
        format!(
            "do $do$ begin
                 if not exists (select from pg_prepared_statements where name = 'outgrow_{name}') then
                     execute $prepare$ prepare outgrow_{name} ({types}) as {sql} $prepare$;
                 end if;
             end $do$"
        )
    }

    fn execute(&self) -> String {
        format!("execute outgrow_{}({})", self.name, self.literals.join(", "))
    }
}

/// What a text did not come to its end with.
#[derive(Debug)]
pub(crate) enum Failed {
    /// A statement before COMMIT, which was not executed then.
    Before(SqlError),
    /// COMMIT, or nobody knows.
    Commit(SqlError),
}

impl Failed {
    /// Where there is no COMMIT.
    pub(crate) fn into_inner(self) -> SqlError {
        match self {
            Self::Before(error) | Self::Commit(error) => error,
        }
    }
}

/// On PostgreSQL: what comes `before`, these, and what comes `after`, perhaps COMMIT. How many rows they had.
/// `prepared` is what this connection is known to have prepared.
pub(crate) async fn executed(
    conn: &mut PgConnection,
    prepared: &mut Vec<&'static str>,
    before: Option<&'static str>,
    mut calls: Vec<Call>,
    after: Option<&'static str>,
) -> Result<usize, Failed> {
    calls.iter_mut().try_for_each(|call| right(call.wrong.take()))?;
    let new: Vec<_> = calls.iter().filter(|call| !prepared.contains(&call.name)).collect();
    let statements = new.iter().map(|call| call.prepare()).chain(calls.iter().map(Call::execute));
    let text = before.map(str::to_owned).into_iter().chain(statements).chain(after.map(str::to_owned));
    let text = AssertSqlSafe(text.collect::<Vec<_>>().join("; "));
    let ended = to_its_end(conn.fetch_many(sqlx::raw_sql(text)), new.len() + calls.len()).await;
    if ended.is_ok() {
        prepared.extend(new.iter().map(|call| call.name));
    }
    ended
}

/// On SQLite: these, and COMMIT together with the last of them.
pub(crate) async fn committed(conn: &mut SqliteConnection, held: Vec<Held>) -> Result<(), Failed> {
    let mut held = held.into_iter().map(Held::statement).collect::<Result<Vec<_>, _>>()?;
    let Some((last, values)) = held.pop() else {
        return to_its_end(conn.fetch_many(sqlx::raw_sql("commit")), 0).await.map(drop);
    };
    for (sql, values) in held {
        let executed = sqlx::query_with(sql, values).execute(&mut *conn).await;
        executed.map_err(|error| Failed::Before(error.into()))?;
    }
    let text = AssertSqlSafe(format!("{last}; commit"));
    to_its_end(conn.fetch_many(sqlx::query_with(text, values)), last.split(';').count()).await.map(drop)
}

/// Runs a text, of which so many statements come before COMMIT.
async fn to_its_end<R, W>(
    mut text: BoxStream<'_, Result<Either<R, W>, sqlx::Error>>,
    before_commit: usize,
) -> Result<usize, Failed> {
    let (mut done, mut rows) = (0, 0);
    loop {
        match text.try_next().await {
            Ok(None) => return Ok(rows),
            Ok(Some(Either::Left(_))) => done += 1,
            Ok(Some(Either::Right(_))) => rows += 1,
            // Once a statement has failed, the next one is not begun: by PostgreSQL, and for SQLite by sqlx's worker.
            Err(error @ sqlx::Error::Database(_)) if done < before_commit => {
                return Err(Failed::Before(error.into()));
            }
            Err(error) => return Err(Failed::Commit(error.into())),
        }
    }
}

impl Values for Call {
    fn value(mut self, value: impl Bind) -> Self {
        match literal(&value) {
            Ok((of_type, literal)) => {
                self.types.push(of_type);
                self.literals.push(literal);
            }
            Err(error) => self.wrong = self.wrong.or(Some(error)),
        }
        self
    }
}

fn right(wrong: Option<BoxDynError>) -> Result<(), Failed> {
    wrong.map_or(Ok(()), |error| Err(Failed::Before(sqlx::Error::Encode(error).into())))
}

/// The type and the literal of a value, which sqlx has encoded.
fn literal<T>(value: &T) -> Result<(String, String), BoxDynError>
where
    T: Type<Postgres> + for<'q> Encode<'q, Postgres>,
{
    let of_type = value.produces().unwrap_or_else(<T as Type<Postgres>>::type_info).name().to_owned();
    let mut encoded = PgArgumentBuffer::default();
    if value.encode_by_ref(&mut encoded)?.is_null() {
        return Ok((of_type, "null".to_owned()));
    }
    let bytes = encoded.as_slice();
    let literal = match (&*of_type, bytes) {
        ("BOOL", [byte]) => (*byte != 0).to_string(),
        ("INT8", _) => i64::from_be_bytes(bytes.try_into()?).to_string(),
        ("TEXT", _) => quoted(str::from_utf8(bytes)?)?,
        // The first byte is the version of the format.
        ("JSONB", [1, json @ ..]) => quoted(str::from_utf8(json)?)?,
        ("UUID", _) => format!("'{}'", Uuid::from_slice(bytes)?),
        ("BYTEA", _) => format!(r"e'\\x{}'", hex(bytes)),
        ("TIMESTAMPTZ", _) => {
            let micros = i64::from_be_bytes(bytes.try_into()?);
            let (days, micros) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
            let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
            let since = format!("interval '{days} days +{seconds}.{micros:06} seconds'");
            format!("(timestamp '2000-01-01' + {since}) at time zone 'UTC'")
        }
        _ => return Err(format!("{of_type} has no literal here").into()),
    };
    Ok((of_type, literal))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whatever `standard_conforming_strings` says.
fn quoted(text: &str) -> Result<String, BoxDynError> {
    if text.contains('\0') {
        return Err("PostgreSQL keeps no text with a NUL".into());
    }
    Ok(format!("e'{}'", text.replace('\\', r"\\").replace('\'', "''")))
}
