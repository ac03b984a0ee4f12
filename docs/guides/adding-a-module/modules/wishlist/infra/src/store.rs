//! Lists, in SQL.

use std::{fmt, sync::Arc};

use adapter_sql::{Db, Home, Row, SqlError, Tx};
use async_trait::async_trait;
use outgrow::{Answers, Clock, CommitError, StoreError};
use serde_json::Value;
use wishlist_contract::{Customer, Sku};
use wishlist_core::{Change, List, ListStore};

/// Keeps lists in the module's home.
pub struct SqlListStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SqlListStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlListStore").field(&self.db).finish()
    }
}

impl SqlListStore {
    /// The lists of this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db(), clock: home.clock() }
    }
}

#[async_trait]
impl ListStore for SqlListStore {
    fn answers(&self) -> &dyn Answers {
        &self.db
    }

    async fn list(&self, customer: &Customer) -> Result<Option<List>, StoreError> {
        let query = self.db.query("select skus, version from lists where customer = $1");
        let row = query.bind(customer.as_str()).optional().await?;
        Ok(row.map(|row| list(customer, &row)).transpose()?)
    }

    async fn commit(&self, Change { list, answer }: Change) -> Result<(), CommitError> {
        let now = self.clock.now();
        let write = async move |mut tx: Tx| {
            tx.remember(&answer, now)?;
            if let Some(list) = &list {
                put(&mut tx, list).await?;
            }
            tx.commit(()).await
        };
        self.db.write(write).await
    }
}

/// A new list whose customer has one breaks the primary key, which is a conflict.
async fn put(tx: &mut Tx, list: &List) -> Result<(), CommitError> {
    let query = if list.version() == 0 {
        tx.query("insert into lists (customer, version, skus) values ($1, $2 + 1, $3)")
    } else {
        tx.query("update lists set skus = $3, version = version + 1 where customer = $1 and version = $2")
    };
    let skus: Value = list.skus().iter().map(Sku::as_str).collect();
    query.bind(list.customer().as_str()).bind(i64::from(list.version())).bind(skus).changed_one().await
}

fn list(customer: &Customer, row: &Row) -> Result<List, SqlError> {
    let skus = row.map("skus", |skus: Value| {
        let skus = skus.as_array()?.iter().map(|sku| sku.as_str()?.parse().ok());
        skus.collect()
    })?;
    Ok(List::kept(customer.clone(), skus, row.u32("version")?))
}
