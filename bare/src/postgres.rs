//! On PostgreSQL: a schema for each module, each with ten connections.

use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::OffsetDateTime;

use crate::Failure;

#[path = "shop.rs"]
pub(crate) mod shop;
#[path = "store.rs"]
mod store;
#[path = "telling.rs"]
mod telling;

type Pool = PgPool;
type Tx = Transaction<'static, Postgres>;
type Moment = OffsetDateTime;
type Result<T> = std::result::Result<T, sqlx::Error>;

/// As in the shop's stores, a list is one value of JSON, which engines take apart differently.
const PRICES: &str = "
    select sku, amount, currency from products
    where sku > '' and sku in (select jsonb_array_elements_text($1))
    order by sku limit 101";
const ITEMS: &str = "
    select sku, on_hand, reserved, version from items
    where sku in (select jsonb_array_elements_text($1))";

/// Makes the three schemas, in an empty database.
pub(crate) async fn open(url: &str) -> std::result::Result<store::Store, Failure> {
    let options: PgConnectOptions = url.parse()?;
    let [catalog, inventory, ordering, notifications] = [
        (
            "catalog",
            "create schema catalog",
            include_str!("../../migrations/catalog/postgres/0001_products.sql"),
        ),
        (
            "inventory",
            "create schema inventory",
            include_str!("../../migrations/inventory/postgres/0001_stock.sql"),
        ),
        (
            "ordering",
            "create schema ordering",
            include_str!("../../migrations/ordering/postgres/0001_orders.sql"),
        ),
        (
            "notifications",
            "create schema notifications",
            include_str!("../../migrations/notifications/postgres/0001_messages.sql"),
        ),
    ]
    .map(|(module, schema, tables)| {
        home(options.clone().options([("search_path", module)]), [schema, tables])
    });
    let (catalog, inventory) = (catalog.await?, inventory.await?);
    Ok(store::Store { catalog, inventory, ordering: ordering.await?, notifications: notifications.await? })
}

async fn home(
    options: PgConnectOptions,
    [schema, tables]: [&'static str; 2],
) -> std::result::Result<store::Home, Failure> {
    let pool = PgPoolOptions::new().max_connections(6).connect_with(options).await?;
    let (answers, events) = (
        include_str!("../../migrations/kit/postgres/0001_answers.sql"),
        include_str!("../../migrations/kit/postgres/0002_events.sql"),
    );
    for script in [schema, answers, events, tables] {
        sqlx::raw_sql(script).execute(&pool).await?;
    }
    Ok(store::Home { read: pool.clone(), write: pool })
}

async fn begin(pool: &Pool) -> Result<Tx> {
    pool.begin().await
}

#[expect(clippy::disallowed_methods, reason = "there is no kit here")]
fn now() -> Moment {
    OffsetDateTime::now_utc()
}

fn micros(at: Moment) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or_default()
}

const PUBLISH: &str = "
    with numbered as (
        insert into outgrow_streams (stream, key, last) values ('ordering.v1.OrderEvent', $1, 1)
        on conflict (stream, key) do update set last = outgrow_streams.last + 1
        returning last
    ), kept as (
        insert into outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
        select $2, 'ordering.v1.OrderEvent', $1, last, $3, $4, $5, $6, null from numbered
    )
    insert into outgrow_deliveries (subscriber, event, shard) values ('notifications', $2, 0)";

/// Keeps an event and for whom it is, in one statement.
async fn publish(tx: &mut Tx, event: telling::Event, at: Moment) -> Result<()> {
    let publish = sqlx::query(PUBLISH).bind(event.order.to_string()).bind(event.id).bind(event.kind);
    publish.bind(event.data).bind(at).bind(event.order).execute(&mut **tx).await.map(drop)
}

const DUE: &str = "
    select o.id, o.stream, o.key, o.sequence, o.kind, o.data, o.at, o.correlation, o.causation
    from outgrow_deliveries d join outgrow_outbox o on o.id = d.event
    where d.subscriber = $1 order by d.event limit $2";
const SETTLE: &str = "
    delete from outgrow_deliveries
    where subscriber = $1 and event in (select value::uuid from jsonb_array_elements_text($2))";
const POSITIONS: &str = "
    insert into outgrow_positions (stream, key, position)
    select distinct value->>'stream', value->>'key', 0 from jsonb_array_elements($1)
    on conflict (stream, key) do nothing";
const LOCK: Option<&str> = Some(
    "select 1 from outgrow_positions where (stream, key) in
     (select value->>'stream', value->>'key' from jsonb_array_elements($1))
     order by stream, key for update",
);
const ACCEPT: &str = "
    insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, causation, shard,
                               ready, parked, attempts, next_at, received_at)
    select e.stream, e.key, e.sequence, e.id, e.kind, e.data,
           timestamptz 'epoch' + e.at * interval '1 microsecond', e.correlation, e.causation, e.shard,
           e.sequence = p.position + 1, false, 0, clock_timestamp(), clock_timestamp()
    from jsonb_to_recordset($1) as e(stream text, key text, sequence bigint, id uuid, kind text, data text,
                                     at bigint, correlation uuid, causation uuid, shard bigint)
    join outgrow_positions p on p.stream = e.stream and p.key = e.key
    where e.sequence > p.position
    on conflict (stream, key, sequence) do nothing";
const BEGIN: &str = "
    update outgrow_inbox set attempts = attempts + 1, reason = null
    where (stream, key, sequence) in (
        select stream, key, sequence from outgrow_inbox
        where ready and next_at <= clock_timestamp() and (attempts = 0 or reason is not null)
        order by next_at limit $1 for update skip locked)
    returning *";
