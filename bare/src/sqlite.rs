//! On SQLite: a file for each module, each with one writer and four readers.

use std::{fs, path::Path, time::Duration};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use time::OffsetDateTime;

use crate::Failure;

#[path = "shop.rs"]
pub(crate) mod shop;
#[path = "store.rs"]
mod store;

type Pool = SqlitePool;
type Tx = Transaction<'static, Sqlite>;

/// As in the shop's stores, a list is one value of JSON, which engines take apart differently.
const PRICES: &str = "
    select sku, amount, currency from products
    where sku > '' and sku in (select value from json_each($1))
    order by sku limit 101";
const ITEMS: &str = "
    select sku, on_hand, reserved, version from items
    where sku in (select value from json_each($1))";

/// Opens the three files, as durable as the shop's: the log is synced at every commit.
pub(crate) async fn open(folder: &Path) -> Result<store::Store, Failure> {
    fs::create_dir_all(folder)?;
    let [catalog, inventory, ordering] = [
        ("catalog", include_str!("../../migrations/catalog/sqlite/0001_products.sql")),
        ("inventory", include_str!("../../migrations/inventory/sqlite/0001_stock.sql")),
        ("ordering", include_str!("../../migrations/ordering/sqlite/0001_orders.sql")),
    ]
    .map(|(module, tables)| home(folder.join(module).with_extension("db"), tables));
    Ok(store::Store { catalog: catalog.await?, inventory: inventory.await?, ordering: ordering.await? })
}

async fn home(file: impl AsRef<Path>, tables: &'static str) -> Result<store::Home, Failure> {
    let reading =
        SqliteConnectOptions::new().filename(file).foreign_keys(true).busy_timeout(Duration::from_secs(5));
    let writing = reading
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_lifetime(None).test_before_acquire(false);
    let write = pool.clone().max_connections(1).idle_timeout(None).connect_with(writing).await?;
    for script in [include_str!("../../migrations/kit/sqlite/0001_answers.sql"), tables] {
        sqlx::raw_sql(script).execute(&write).await?;
    }
    Ok(store::Home { read: pool.max_connections(4).connect_lazy_with(reading), write })
}

async fn begin(pool: &Pool) -> Result<Tx, sqlx::Error> {
    pool.begin_with("begin immediate").await
}

/// As microseconds.
fn timestamp(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or_default()
}
