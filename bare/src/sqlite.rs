//! On SQLite: a file for each module, each with one writer and four readers.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use time::OffsetDateTime;

use crate::Failure;

#[path = "fulfilment.rs"]
mod fulfilment;
#[path = "history.rs"]
mod history;
#[path = "payments.rs"]
mod payments;
#[path = "shop.rs"]
pub(crate) mod shop;
#[path = "stock.rs"]
mod stock;
#[path = "store.rs"]
mod store;
#[path = "telling.rs"]
mod telling;

type Pool = SqlitePool;
type Row = sqlx::sqlite::SqliteRow;
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

/// Opens the files, as durable as the shop's: the log is synced at every commit that has to last.
pub(crate) async fn open(folder: &Path) -> std::result::Result<store::Store, Failure> {
    fs::create_dir_all(folder)?;
    let home = async |module: &str, tables| home(folder.join(module).with_extension("db"), tables).await;
    Ok(store::Store {
        catalog: home("catalog", &[include_str!("../../migrations/catalog/sqlite/0001_products.sql")])
            .await?,
        inventory: home("inventory", &[include_str!("../../migrations/inventory/sqlite/0001_stock.sql")])
            .await?,
        ordering: home(
            "ordering",
            &[
                include_str!("../../migrations/ordering/sqlite/0001_orders.sql"),
                include_str!("../../migrations/ordering/sqlite/0002_contract_fulfilment.sql"),
                include_str!("../../migrations/ordering/sqlite/0003_order_history.sql"),
            ],
        )
        .await?,
        payments: home(
            "payments",
            &[
                include_str!("../../migrations/payments/sqlite/0001_payments.sql"),
                include_str!("../../migrations/payments/sqlite/0002_sandbox.sql"),
            ],
        )
        .await?,
        notifications: home(
            "notifications",
            &[
                include_str!("../../migrations/notifications/sqlite/0001_messages.sql"),
                include_str!("../../migrations/notifications/sqlite/0002_refused_messages.sql"),
            ],
        )
        .await?,
    })
}

/// What every file has.
const KIT: [&str; 6] = [
    include_str!("../../migrations/kit/sqlite/0001_answers.sql"),
    include_str!("../../migrations/kit/sqlite/0002_events.sql"),
    include_str!("../../migrations/kit/sqlite/0003_audience.sql"),
    include_str!("../../migrations/kit/sqlite/0004_handled.sql"),
    include_str!("../../migrations/kit/sqlite/0005_sagas.sql"),
    include_str!("../../migrations/kit/sqlite/0006_parked.sql"),
];

async fn home(file: PathBuf, tables: &[&'static str]) -> std::result::Result<store::Home, Failure> {
    let reading =
        SqliteConnectOptions::new().filename(file).foreign_keys(true).busy_timeout(Duration::from_secs(5));
    let writing = reading
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_lifetime(None).test_before_acquire(false);
    let write = pool.clone().max_connections(1).idle_timeout(None).connect_with(writing).await?;
    for script in KIT.iter().chain(tables) {
        sqlx::raw_sql(*script).execute(&write).await?;
    }
    Ok(store::Home { read: pool.max_connections(4).connect_lazy_with(reading), write })
}

async fn begin(pool: &Pool) -> Result<Tx> {
    pool.begin_with("pragma synchronous = full; begin immediate").await
}

/// For what may be forgotten when the power is lost, as in the shop's stores.
async fn jot(pool: &Pool) -> Result<Tx> {
    pool.begin_with("pragma synchronous = normal; begin immediate").await
}

#[expect(clippy::disallowed_methods, reason = "there is no kit here")]
fn now() -> Moment {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000).unwrap_or_default()
}

fn micros(at: Moment) -> i64 {
    at
}

fn after(pause: Duration) -> Moment {
    now().saturating_add(i64::try_from(pause.as_micros()).unwrap_or_default())
}

const NUMBER: &str = "
    insert into outgrow_streams as s (stream, key, last, known, told)
    select $1, $2, 1, 1, json_group_object(value, json('[0, 1]')) from json_each($3) where true
    on conflict (stream, key) do update set
        last = s.last + 1,
        known = case when s.known = s.last then s.last + 1 else 0 end,
        told = json_patch(s.told, (
            select json_group_object(a.value, json_array(coalesce(s.told->a.value->>1, 0), s.last + 1))
            from json_each($3) a))
    returning last";
const KEEP: &str = "
    insert into outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const ADDRESS: &str = "
    insert into outgrow_deliveries (subscriber, event, shard, previous)
    select a.value, $1, 0, case when s.known = s.last then nullif(s.told->a.value->>0, s.last - 1) end
    from json_each($2) a join outgrow_streams s on s.stream = $3 and s.key = $4";

/// Keeps an event and for whom it is.
async fn publish(tx: &mut Tx, event: telling::Event) -> Result<()> {
    let (key, to) = (event.order.to_string(), Value::from(event.to));
    let number = sqlx::query_scalar(NUMBER).bind(event.stream).bind(&key).bind(&to);
    let last: i64 = number.fetch_one(&mut **tx).await?;
    let keep = sqlx::query(KEEP).bind(event.id).bind(event.stream).bind(&key).bind(last).bind(event.kind);
    let keep = keep.bind(event.data).bind(now()).bind(event.order).bind(event.order);
    keep.execute(&mut **tx).await?;
    let address = sqlx::query(ADDRESS).bind(event.id).bind(to).bind(event.stream).bind(&key);
    address.execute(&mut **tx).await.map(drop)
}

const ANY_DUE: &str = "select 1 from outgrow_sagas where live = 1 and saga = $1 and next_at <= $2 limit 1";
const TAKE: &str = "
    update outgrow_sagas set attempts = attempts + 1, lost = lost + 1, next_at = $4
    where saga = $1 and id in (
        select id from outgrow_sagas where live = 1 and saga = $1 and next_at <= $2 order by next_at limit $3)
    returning id, step, revision";
const GENERATIONS: &str = "select live, building from payment_overview_generations";
const HISTORY_GENERATIONS: &str = "select live, building from order_history_generations";
const SETTLE: &str = "
    delete from outgrow_deliveries
    where subscriber = $1 and event in (select unhex(value, '-') from json_each($2))";
const ACCEPT: [&str; 2] = [
    "
    insert into outgrow_positions (stream, key, position)
    select distinct json_extract(value, '$.stream'), json_extract(value, '$.key'), 0
    from json_each($1) where true
    on conflict (stream, key) do nothing",
    "
    insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, causation, shard,
                               previous, ready, parked, attempts, next_at, received_at)
    select e.value->>'stream', e.value->>'key', e.value->>'sequence', unhex(e.value->>'id', '-'),
           e.value->>'kind', e.value->>'data', e.value->>'at', unhex(e.value->>'correlation', '-'),
           unhex(e.value->>'causation', '-'), e.value->>'shard', e.value->>'previous',
           coalesce(e.value->>'previous', e.value->>'sequence' - 1) <= p.position, 0, 0,
           cast(unixepoch('subsec') * 1000000 as integer), cast(unixepoch('subsec') * 1000000 as integer)
    from json_each($1) e
    join outgrow_positions p on p.stream = e.value->>'stream' and p.key = e.value->>'key'
    where e.value->>'sequence' > p.position
    on conflict (stream, key, sequence) do nothing",
];
const BEGIN: &str = "
    update outgrow_inbox set attempts = attempts + 1, reason = null
    where (stream, key, sequence) in (
        select stream, key, sequence from outgrow_inbox
        where ready = 1 and next_at <= cast(unixepoch('subsec') * 1000000 as integer)
        and (attempts = 0 or reason is not null)
        order by next_at limit $1)
    returning *";
const HANDLED: [&str; 2] = [
    "update outgrow_positions set position = case when position < $3 then $3 else position end,
                                  handled = handled + 1
     where stream = $1 and key = $2",
    "delete from outgrow_inbox where stream = $1 and key = $2 and sequence = $3",
];
