//! Homes in PostgreSQL: one schema and one role per module, in one database.
//!
//! A module's connections work as its role, `<database>_<module>`, which owns the module's schema and may enter no
//! other: so it is the database that keeps a module out of its neighbours' tables. Whoever logs in has to be a member
//! of the role. Where all modules log in as one user, that user is a member of every role, and only the session (which
//! takes single statements on data) keeps a connection in its role; a login of its own (`[modules.X] url`), a member of
//! that one role, is held by the database alone.
//!
//! The connections of stores are read-only by default; only the transaction of a write says `read write`. So a query on
//! the [`Db`] cannot write on this engine either, with one pool for both. The kit has two connections of its own, on which
//! a statement is a transaction, so that what it jots (ADR 0023) is one trip. No statement, lock or idle transaction lasts
//! for ever.

use std::time::Duration;

use outgrow::ModuleSpec;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Db, OpenError, SqlError, Tx, db::Engine, lender::Lender, migrate};

/// The ledger of migrations.
const LEDGER: &str = include_str!("../../../migrations/kit/postgres/ledger.sql");

/// For each module: so that sixteen homes fit a PostgreSQL as it comes, which has room for 100 connections.
const CONNECTIONS: u32 = 4;
/// And for what the kit does at once, beside them: short, and hardly ever waiting for a row. That is why events that come,
/// which wait for a handler of their key, are taken in by the others.
const OF_KIT: u32 = 2;
/// How long a call waits for a connection: once to read, and once to write. With the wait for a lock it is less than a
/// call has, so it can still say that nothing was done.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What a module's sessions are set to. No call has more than 5 s, so nothing useful lasts longer.
const SETTINGS: [(&str, &str); 3] = [
    ("statement_timeout", "10s"),
    ("lock_timeout", "1500ms"),
    ("idle_in_transaction_session_timeout", "15s"),
];
/// And those of its stores.
const OF_STORES: [(&str, &str); 1] = [("default_transaction_read_only", "on")];
/// What the kit's own are set to. It takes some of very many rows by an index, so PostgreSQL follows that, row after row:
/// without statistics (of a backlog that was not there a minute ago) it would take them for few, and sort or go through
/// all of them. As each table has no other way left, a plan that was made on empty tables does for full ones, and is kept;
/// to make one costs more than to follow it. Not for statements of stores: where there is no index, what is switched off so is what there is,
/// and dear enough to be compiled first.
pub(crate) const SETTINGS_OF_KIT: [(&str, &str); 8] = [
    ("synchronous_commit", "off"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_sort", "off"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// A migration may take its time, but must not queue before everybody else's statements.
const MIGRATING: [(&str, &str); 1] = [("lock_timeout", "10s")];

/// The longest name that PostgreSQL does not cut, in bytes.
const LONGEST_NAME: usize = 63;

/// The connections of one home.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) stores: Lender<Postgres>,
    pub(crate) kit: Lender<Postgres>,
}

/// The home of a module, as its role. Nothing is connected before it is used.
pub(crate) fn open(options: &PgConnectOptions, spec: &ModuleSpec) -> Result<Db, OpenError> {
    let role = role(options, spec)?;
    Ok(home(options, spec, &SETTINGS, Some(&role)))
}

/// The home of a module, as whoever logs in: to look at it before there is a role.
pub(crate) fn visit(options: &PgConnectOptions, spec: &ModuleSpec) -> Result<Db, OpenError> {
    role(options, spec)?;
    Ok(home(options, spec, &SETTINGS, None))
}

/// The home of a module, as whoever may make schemas and roles.
pub(crate) fn administer(options: &PgConnectOptions, spec: &ModuleSpec) -> Result<Db, OpenError> {
    role(options, spec)?;
    Ok(home(options, spec, &MIGRATING, None))
}

fn home(to: &PgConnectOptions, spec: &ModuleSpec, settings: &[(&str, &str)], role: Option<&str>) -> Db {
    let to = to
        .clone()
        .application_name(&format!("outgrow {}", spec.name))
        .options([("search_path", spec.name)])
        .options(settings.iter().copied())
        .options(role.map(|role| ("role", role)))
        // What is slow would be logged with its text, and what goes with COMMIT has its values in there.
        .disable_statement_logging();
    let pool = |connections, settings: &[(&str, &str)]| {
        let to = to.clone().options(settings.iter().copied());
        let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE);
        Lender::new(spec.name, pool.connect_lazy_with(to))
    };
    let (stores, kit) = (pool(CONNECTIONS, &OF_STORES), pool(OF_KIT, &SETTINGS_OF_KIT));
    Db::new(spec.name, Engine::Postgres(Sessions { stores, kit }))
}

/// The role that a module works as in this database.
pub(crate) fn role(options: &PgConnectOptions, spec: &ModuleSpec) -> Result<String, OpenError> {
    migrate::check_name(spec.name)?;
    let database = options.get_database().unwrap_or_default();
    let role = format!("{database}_{}", spec.name);
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-';
    if role.len() <= LONGEST_NAME && role.bytes().all(plain) { Ok(role) } else { Err(OpenError::Role(role)) }
}

/// Waits for its turn to migrate (until the transaction ends), then makes role, schema and ledger if need be, and goes
/// on as the role: so all that is made belongs to it. `login` is who works as the role later.
pub(crate) async fn prepare(tx: &mut Tx, schema: &str, role: &str, login: &str) -> Result<(), SqlError> {
    // Statements about names take no values: the names were checked, the login is quoted. The lock's key is the
    // schema's name in this database.
    tx.query("select pg_advisory_xact_lock(hashtextextended('outgrow:' || $1, 0))")
        .bind(schema)
        .execute()
        .await?;
    let known = tx.query("select 1 from pg_roles where rolname = $1").bind(role).optional().await?;
    if known.is_none() {
        tx.script(AssertSqlSafe(format!("create role \"{role}\" nologin"))).await?;
    }
    // Whoever migrates has to be a member, too, to make what belongs to the role.
    let ours: String = tx.query("select current_user::text as name").one().await?.get("name")?;
    for member in [&*ours, login] {
        let is_member = "select pg_has_role($1, $2, 'member') as is_member";
        if !tx.query(is_member).bind(member).bind(role).one().await?.get::<bool>("is_member")? {
            tx.script(AssertSqlSafe(format!("grant \"{role}\" to {}", quoted(member)))).await?;
        }
    }
    tx.script(AssertSqlSafe(format!("create schema if not exists \"{schema}\" authorization \"{role}\"")))
        .await?;
    tx.script(AssertSqlSafe(format!("set local role \"{role}\""))).await?;
    tx.script(LEDGER).await
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
