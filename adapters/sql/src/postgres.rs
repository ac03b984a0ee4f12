//! Homes in PostgreSQL: one schema per module in one database.
//!
//! Connections are read-only by default; only the transaction of a write says `read write`. So a query on the [`Db`]
//! cannot write on this engine either, with one pool for both.
//!
//! Not here yet: a role per module with a login of its own (which is what keeps a module out of other schemas; the
//! search path alone only guards against mistakes), and waiting for `shop migrate`.

use std::time::Duration;

use outgrow::ModuleSpec;
use sqlx::{
    AssertSqlSafe,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Db, OpenError, SqlError, Tx, db::Engine, migrate};

/// The ledger of migrations.
const LEDGER: &str = include_str!("../../../migrations/kit/postgres/ledger.sql");

const CONNECTIONS: u32 = 10;
/// How long a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The home of a module. Nothing is connected before it is used.
pub(crate) fn open(options: &PgConnectOptions, spec: &ModuleSpec) -> Result<Db, OpenError> {
    migrate::check_name(spec.name)?;
    let options = options
        .clone()
        .application_name(&format!("outgrow {}", spec.name))
        .options([("search_path", spec.name), ("default_transaction_read_only", "on")]);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
    Ok(Db::new(spec.name, Engine::Postgres(pool.connect_lazy_with(options))))
}

/// Waits for its turn to migrate (until the transaction ends), then makes schema and ledger if need be.
pub(crate) async fn prepare(tx: &mut Tx, schema: &str) -> Result<(), SqlError> {
    // `create schema` takes no value: the name was checked. The lock's key is the schema's name in this database.
    tx.query("select pg_advisory_xact_lock(hashtextextended('outgrow:' || $1, 0))")
        .bind(schema)
        .execute()
        .await?;
    tx.script(AssertSqlSafe(format!("create schema if not exists \"{schema}\""))).await?;
    tx.script(LEDGER).await
}
