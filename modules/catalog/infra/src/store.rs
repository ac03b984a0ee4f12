//! Products, in SQL.

use std::{fmt, sync::Arc};

use adapter_sql::{Db, Home, Row, Sql, SqlError, Tx};
use async_trait::async_trait;
use catalog_contract::{Product, Sku};
use catalog_core::{Change, Entry, ProductStore, Which};
use outgrow::{Answers, Clock, CommitError, Money, StoreError};
use serde_json::Value;

/// Keeps products in the module's home.
pub struct SqlProductStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SqlProductStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlProductStore").field(&self.db).finish()
    }
}

impl SqlProductStore {
    /// The products of this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db(), clock: home.clock() }
    }
}

#[async_trait]
impl ProductStore for SqlProductStore {
    fn answers(&self) -> &dyn Answers {
        &self.db
    }

    async fn entry(&self, sku: &Sku) -> Result<Option<Entry>, StoreError> {
        let row = self.db.query(ENTRY).bind(sku.as_str()).optional().await?;
        let entry = row.map(|row| Ok::<_, SqlError>(Entry::kept(product(&row)?, row.u32("version")?)));
        Ok(entry.transpose()?)
    }

    async fn products(&self, which: Which<'_>, limit: u32) -> Result<Vec<Product>, StoreError> {
        // No SKU is empty, so all come after the empty text.
        let after = which.after.map_or("", Sku::as_str);
        let query = match which.skus {
            [] => self.db.query(PAGE).bind(after).bind(i64::from(limit)),
            skus => {
                let skus: Value = skus.iter().map(Sku::as_str).collect();
                self.db.query(PAGE_OF).bind(after).bind(i64::from(limit)).bind(skus)
            }
        };
        let products: Result<_, SqlError> = query.all().await?.iter().map(product).collect();
        Ok(products?)
    }

    async fn commit(&self, Change { entry, answer }: Change) -> Result<(), CommitError> {
        let now = self.clock.now();
        let write = async move |mut tx: Tx| {
            tx.remember(&answer, now)?;
            match &entry {
                Some(entry) if entry.version() == 0 => insert(&mut tx, entry.product()).await?,
                Some(entry) => update(&mut tx, entry).await?,
                None => {}
            }
            tx.commit(()).await
        };
        self.db.write(write).await
    }
}

const ENTRY: &str = "select sku, name, amount, currency, version from products where sku = $1";

const PAGE: &str = "
    select sku, name, amount, currency from products
    where sku > $1
    order by sku limit $2";

/// A list is one value of JSON: engines differ in how they take it apart.
const PAGE_OF: Sql = Sql {
    postgres: "
        select sku, name, amount, currency from products
        where sku > $1 and sku in (select jsonb_array_elements_text($3))
        order by sku limit $2",
    sqlite: "
        select sku, name, amount, currency from products
        where sku > $1 and sku in (select value from json_each($3))
        order by sku limit $2",
};

/// A SKU that is taken breaks the primary key, which is a conflict.
async fn insert(tx: &mut Tx, product: &Product) -> Result<(), CommitError> {
    tx.query("insert into products (sku, name, amount, currency, version) values ($1, $2, $3, $4, 1)")
        .bind(product.sku.as_str())
        .bind(product.name.as_str())
        .bind(product.price.amount)
        .bind(product.price.currency.as_str())
        .changed_one()
        .await
}

async fn update(tx: &mut Tx, entry: &Entry) -> Result<(), CommitError> {
    let Product { sku, name, price } = entry.product();
    tx.query(
        "update products set name = $3, amount = $4, currency = $5, version = version + 1
         where sku = $1 and version = $2",
    )
    .bind(sku.as_str())
    .bind(i64::from(entry.version()))
    .bind(name.as_str())
    .bind(price.amount)
    .bind(price.currency.as_str())
    .changed_one()
    .await
}

fn product(row: &Row) -> Result<Product, SqlError> {
    Ok(Product {
        sku: row.parse("sku")?,
        name: row.parse("name")?,
        price: Money { amount: row.get("amount")?, currency: row.parse("currency")? },
    })
}
