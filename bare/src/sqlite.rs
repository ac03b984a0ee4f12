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
#[path = "telling.rs"]
mod telling;

type Pool = SqlitePool;
type Tx = Transaction<'static, Sqlite>;
/// Microseconds since 1970.
type Moment = i64;
type Result<T> = std::result::Result<T, sqlx::Error>;

/// As in the shop's stores, a list is one value of JSON, which engines take apart differently.
const PRICES: &str = "
    select sku, amount, currency from products
    where sku > '' and sku in (select value from json_each($1))
    order by sku limit 101";
const ITEMS: &str = "
    select sku, on_hand, reserved, version from items
    where sku in (select value from json_each($1))";

/// Opens the four files, as durable as the shop's: the log is synced at every commit.
pub(crate) async fn open(folder: &Path) -> std::result::Result<store::Store, Failure> {
    fs::create_dir_all(folder)?;
    let [catalog, inventory, ordering, notifications] = [
        ("catalog", include_str!("../../migrations/catalog/sqlite/0001_products.sql")),
        ("inventory", include_str!("../../migrations/inventory/sqlite/0001_stock.sql")),
        ("ordering", include_str!("../../migrations/ordering/sqlite/0001_orders.sql")),
        ("notifications", include_str!("../../migrations/notifications/sqlite/0001_messages.sql")),
    ]
    .map(|(module, tables)| home(folder.join(module).with_extension("db"), tables));
    let (catalog, inventory) = (catalog.await?, inventory.await?);
    Ok(store::Store { catalog, inventory, ordering: ordering.await?, notifications: notifications.await? })
}

async fn home(file: impl AsRef<Path>, tables: &'static str) -> std::result::Result<store::Home, Failure> {
    let reading =
        SqliteConnectOptions::new().filename(file).foreign_keys(true).busy_timeout(Duration::from_secs(5));
    let writing = reading
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_lifetime(None).test_before_acquire(false);
    let write = pool.clone().max_connections(1).idle_timeout(None).connect_with(writing).await?;
    let (answers, events) = (
        include_str!("../../migrations/kit/sqlite/0001_answers.sql"),
        include_str!("../../migrations/kit/sqlite/0002_events.sql"),
    );
    for script in [answers, events, tables] {
        sqlx::raw_sql(script).execute(&write).await?;
    }
    Ok(store::Home { read: pool.max_connections(4).connect_lazy_with(reading), write })
}

async fn begin(pool: &Pool) -> Result<Tx> {
    pool.begin_with("begin immediate").await
}

#[expect(clippy::disallowed_methods, reason = "there is no kit here")]
fn now() -> Moment {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000).unwrap_or_default()
}

fn micros(at: Moment) -> i64 {
    at
}

const STREAM: &str = "ordering.v1.OrderEvent";
const NUMBER: &str = "
    insert into outgrow_streams (stream, key, last) values ($1, $2, 1)
    on conflict (stream, key) do update set last = outgrow_streams.last + 1
    returning last";
const KEEP: &str = "
    insert into outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
    values ($1, $2, $3, $4, $5, $6, $7, $8, null)";

/// Keeps an event and for whom it is.
async fn publish(tx: &mut Tx, event: telling::Event, at: Moment) -> Result<()> {
    let key = event.order.to_string();
    let last: i64 = sqlx::query_scalar(NUMBER).bind(STREAM).bind(&key).fetch_one(&mut **tx).await?;
    let keep = sqlx::query(KEEP).bind(event.id).bind(STREAM).bind(&key).bind(last).bind(event.kind);
    keep.bind(event.data).bind(at).bind(event.order).execute(&mut **tx).await?;
    let to = "insert into outgrow_deliveries (subscriber, event, shard) values ('notifications', $1, 0)";
    sqlx::query(to).bind(event.id).execute(&mut **tx).await.map(drop)
}

const DUE: &str = "
    select o.id, o.stream, o.key, o.sequence, o.kind, o.data, o.at, o.correlation, o.causation
    from outgrow_deliveries d join outgrow_outbox o on o.id = d.event
    where d.subscriber = $1 order by d.event limit $2";
const SETTLE: &str = "
    delete from outgrow_deliveries
    where subscriber = $1 and event in (select unhex(value, '-') from json_each($2))";
const POSITIONS: &str = "
    insert into outgrow_positions (stream, key, position)
    select distinct json_extract(value, '$.stream'), json_extract(value, '$.key'), 0
    from json_each($1) where true
    on conflict (stream, key) do nothing";
const LOCK: Option<&str> = None;
const ACCEPT: &str = "
    insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, causation, shard,
                               ready, parked, attempts, next_at, received_at)
    select e.value->>'stream', e.value->>'key', e.value->>'sequence', unhex(e.value->>'id', '-'),
           e.value->>'kind', e.value->>'data', e.value->>'at', unhex(e.value->>'correlation', '-'),
           unhex(e.value->>'causation', '-'), e.value->>'shard',
           e.value->>'sequence' = p.position + 1, 0, 0, cast(unixepoch('subsec') * 1000000 as integer),
           cast(unixepoch('subsec') * 1000000 as integer)
    from json_each($1) e
    join outgrow_positions p on p.stream = e.value->>'stream' and p.key = e.value->>'key'
    where e.value->>'sequence' > p.position
    on conflict (stream, key, sequence) do nothing";
const BEGIN: &str = "
    update outgrow_inbox set attempts = attempts + 1, reason = null
    where (stream, key, sequence) in (
        select stream, key, sequence from outgrow_inbox
        where ready = 1 and next_at <= cast(unixepoch('subsec') * 1000000 as integer)
        and (attempts = 0 or reason is not null)
        order by next_at limit $1)
    returning *";
