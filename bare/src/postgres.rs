//! On PostgreSQL: a schema for each module, each with six connections.

use std::time::Duration;

use serde_json::Value;
use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
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

type Pool = PgPool;
type Row = sqlx::postgres::PgRow;
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

/// Makes the schemas, in an empty database.
pub(crate) async fn open(url: &str) -> std::result::Result<store::Store, Failure> {
    let options: PgConnectOptions = url.parse()?;
    Ok(store::Store {
        catalog: home(
            &options,
            "catalog",
            &[include_str!("../../migrations/catalog/postgres/0001_products.sql")],
        )
        .await?,
        inventory: home(
            &options,
            "inventory",
            &[include_str!("../../migrations/inventory/postgres/0001_stock.sql")],
        )
        .await?,
        ordering: home(
            &options,
            "ordering",
            &[
                include_str!("../../migrations/ordering/postgres/0001_orders.sql"),
                include_str!("../../migrations/ordering/postgres/0002_contract_fulfilment.sql"),
                include_str!("../../migrations/ordering/postgres/0003_order_history.sql"),
            ],
        )
        .await?,
        payments: home(
            &options,
            "payments",
            &[
                include_str!("../../migrations/payments/postgres/0001_payments.sql"),
                include_str!("../../migrations/payments/postgres/0002_sandbox.sql"),
            ],
        )
        .await?,
        notifications: home(
            &options,
            "notifications",
            &[
                include_str!("../../migrations/notifications/postgres/0001_messages.sql"),
                include_str!("../../migrations/notifications/postgres/0002_refused_messages.sql"),
            ],
        )
        .await?,
    })
}

/// What every schema has.
const KIT: [&str; 6] = [
    include_str!("../../migrations/kit/postgres/0001_answers.sql"),
    include_str!("../../migrations/kit/postgres/0002_events.sql"),
    include_str!("../../migrations/kit/postgres/0003_audience.sql"),
    include_str!("../../migrations/kit/postgres/0004_handled.sql"),
    include_str!("../../migrations/kit/postgres/0005_sagas.sql"),
    include_str!("../../migrations/kit/postgres/0006_parked.sql"),
];

async fn home(
    options: &PgConnectOptions,
    module: &str,
    tables: &[&'static str],
) -> std::result::Result<store::Home, Failure> {
    let options = options.clone().options([("search_path", module)]);
    let pool = PgPoolOptions::new().max_connections(6).connect_with(options).await?;
    sqlx::query(AssertSqlSafe(format!("create schema {module}"))).execute(&pool).await?;
    for script in KIT.iter().chain(tables) {
        sqlx::raw_sql(*script).execute(&pool).await?;
    }
    Ok(store::Home { read: pool.clone(), write: pool })
}

async fn begin(pool: &Pool) -> Result<Tx> {
    pool.begin().await
}

/// For what may be forgotten when the power is lost, as in the shop's stores.
async fn jot(pool: &Pool) -> Result<Tx> {
    pool.begin_with("begin; set local synchronous_commit = off").await
}

#[expect(clippy::disallowed_methods, reason = "there is no kit here")]
fn now() -> Moment {
    OffsetDateTime::now_utc()
}

fn micros(at: Moment) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or_default()
}

fn after(pause: Duration) -> Moment {
    now() + pause
}

const PUBLISH: &str = "
    with numbered as (
        insert into outgrow_streams as s (stream, key, last, known, told)
        select $1, $2, 1, 1, coalesce(jsonb_object_agg(value, '[0, 1]'::jsonb), '{}')
        from jsonb_array_elements_text($9)
        on conflict (stream, key) do update set
            last = s.last + 1,
            known = case when s.known = s.last then s.last + 1 else 0 end,
            told = s.told || (
                select coalesce(jsonb_object_agg(value, jsonb_build_array(
                    coalesce(s.told->value->1, '0'), s.last + 1)), '{}')
                from jsonb_array_elements_text($9))
        returning last, known, told
    ), kept as (
        insert into outgrow_outbox (id, stream, key, sequence, kind, data, at, correlation, causation)
        select $3, $1, $2, last, $4, $5, $6, $7, $8 from numbered
    )
    insert into outgrow_deliveries (subscriber, event, shard, previous)
    select value, $3, 0, case when known = last then nullif((told->value->>0)::bigint, last - 1) end
    from numbered, jsonb_array_elements_text($9)";

/// Keeps an event and for whom it is, in one statement.
async fn publish(tx: &mut Tx, event: telling::Event) -> Result<()> {
    let publish = sqlx::query(PUBLISH).bind(event.stream).bind(event.order.to_string()).bind(event.id);
    let publish = publish.bind(event.kind).bind(event.data).bind(now()).bind(event.order).bind(event.order);
    publish.bind(Value::from(event.to)).execute(&mut **tx).await.map(drop)
}

const ANY_DUE: &str = "select 1 from outgrow_sagas where live and saga = $1 and next_at <= $2 limit 1";
const TAKE: &str = "
    with due as materialized (
        select saga, id from outgrow_sagas
        where live and saga = $1 and next_at <= $2 order by next_at limit $3 for update skip locked)
    update outgrow_sagas s set attempts = attempts + 1, lost = lost + 1, next_at = $4
    from due where s.saga = due.saga and s.id = due.id
    returning s.id, s.step, s.revision";
/// Whoever shows a payment waits for what changes them.
const GENERATIONS: &str = "select live, building from payment_overview_generations for share";
const HISTORY_GENERATIONS: &str = "select live, building from order_history_generations for share";
const SETTLE: &str = "
    delete from outgrow_deliveries
    where subscriber = $1 and event in (select value::uuid from jsonb_array_elements_text($2))";
const ACCEPT: [&str; 1] = ["
    with e as materialized (
        select * from jsonb_to_recordset($1) as e(stream text, key text, sequence bigint, id uuid, kind text,
                                                  data text, at bigint, correlation uuid, causation uuid,
                                                  shard bigint, previous bigint)
    ), p as (
        insert into outgrow_positions as p (stream, key, position)
        select distinct stream, key, 0 from e order by 1, 2
        on conflict (stream, key) do update set position = p.position
        returning stream, key, position
    )
    insert into outgrow_inbox (stream, key, sequence, id, kind, data, at, correlation, causation, shard,
                               previous, ready, parked, attempts, next_at, received_at)
    select e.stream, e.key, e.sequence, e.id, e.kind, e.data,
           timestamptz 'epoch' + e.at * interval '1 microsecond', e.correlation, e.causation, e.shard,
           e.previous, coalesce(e.previous, e.sequence - 1) <= p.position, false, 0, clock_timestamp(),
           clock_timestamp()
    from e join p on p.stream = e.stream and p.key = e.key
    where e.sequence > p.position
    on conflict (stream, key, sequence) do nothing"];
const BEGIN: &str = "
    update outgrow_inbox set attempts = attempts + 1, reason = null
    where ctid = any(array(
        select ctid from outgrow_inbox
        where ready and next_at <= clock_timestamp() and (attempts = 0 or reason is not null)
        order by next_at limit $1 for update skip locked))
    returning *";
const HANDLED: [&str; 1] = ["
    with moved as (
        update outgrow_positions set position = greatest(position, $3), handled = handled + 1
        where stream = $1 and key = $2
        returning 1)
    delete from outgrow_inbox using moved where stream = $1 and key = $2 and sequence = $3"];
