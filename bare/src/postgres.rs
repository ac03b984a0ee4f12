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

type Pool = PgPool;
type Tx = Transaction<'static, Postgres>;

/// As in the shop's stores, a list is one value of JSON, which engines take apart differently.
const PRICES: &str = "
    select sku, amount, currency from products
    where sku > '' and sku in (select jsonb_array_elements_text($1))
    order by sku limit 101";
const ITEMS: &str = "
    select sku, on_hand, reserved, version from items
    where sku in (select jsonb_array_elements_text($1))";

/// Makes the three schemas, in an empty database.
pub(crate) async fn open(url: &str) -> Result<store::Store, Failure> {
    let options: PgConnectOptions = url.parse()?;
    let [catalog, inventory, ordering] = [
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
    ]
    .map(|(module, schema, tables)| {
        home(options.clone().options([("search_path", module)]), [schema, tables])
    });
    Ok(store::Store { catalog: catalog.await?, inventory: inventory.await?, ordering: ordering.await? })
}

async fn home(
    options: PgConnectOptions,
    [schema, tables]: [&'static str; 2],
) -> Result<store::Home, Failure> {
    let pool = PgPoolOptions::new().max_connections(10).connect_with(options).await?;
    for script in [schema, include_str!("../../migrations/kit/postgres/0001_answers.sql"), tables] {
        sqlx::raw_sql(script).execute(&pool).await?;
    }
    Ok(store::Home { read: pool.clone(), write: pool })
}

async fn begin(pool: &Pool) -> Result<Tx, sqlx::Error> {
    pool.begin().await
}

fn timestamp(at: OffsetDateTime) -> OffsetDateTime {
    at
}
