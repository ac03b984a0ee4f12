//! Stock and reservations, in SQL.

use std::{collections::BTreeMap, fmt, sync::Arc};

use adapter_sql::{Db, Home, Row, Sql, SqlError, Tx};
use async_trait::async_trait;
use inventory_contract::{ReservationId, ReservationState, Sku};
use inventory_core::{Change, Hold, Item, StockStore};
use outgrow::{Answers, Clock, CommitError, StoreError};
use serde_json::{Value, json};

/// Keeps stock and reservations in the module's home.
pub struct SqlStockStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SqlStockStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlStockStore").field(&self.db).finish()
    }
}

impl SqlStockStore {
    /// The stock of this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db(), clock: home.clock() }
    }
}

#[async_trait]
impl StockStore for SqlStockStore {
    fn answers(&self) -> &dyn Answers {
        &self.db
    }

    async fn items(&self, skus: &[Sku]) -> Result<Vec<Item>, StoreError> {
        let skus: Value = skus.iter().map(Sku::as_str).collect();
        let items: Result<_, SqlError> =
            self.db.query(ITEMS).bind(skus).all().await?.iter().map(item).collect();
        Ok(items?)
    }

    async fn hold(&self, id: ReservationId) -> Result<Option<Hold>, StoreError> {
        let rows = self.db.query(HOLD).bind(id.0).all().await?;
        Ok(hold(id, &rows)?)
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let Change { mut items, hold, answer } = change;
        // One order for all, so that two changes of the same items wait for each other instead of for ever.
        items.sort_unstable_by(|one, other| one.sku().cmp(other.sku()));
        let now = self.clock.now();
        let write = async move |mut tx: Tx| {
            tx.remember(&answer, now)?;
            for item in &items {
                put_item(&mut tx, item).await?;
            }
            match &hold {
                Some(hold) if hold.version == 0 => insert_hold(&mut tx, hold).await?,
                Some(hold) => end_hold(&mut tx, hold).await?,
                None => {}
            }
            tx.commit(()).await
        };
        self.db.write(write).await
    }
}

/// A list is one value of JSON: engines differ in how they take it apart.
const ITEMS: Sql = Sql {
    postgres: "
        select sku, on_hand, reserved, version from items
        where sku in (select jsonb_array_elements_text($1))",
    sqlite: "
        select sku, on_hand, reserved, version from items
        where sku in (select value from json_each($1))",
};

/// One row a line; one without a SKU if there are no lines.
const HOLD: &str = "
    select r.state, r.version, l.sku, l.quantity
    from reservations r left join reservation_lines l on l.reservation = r.id
    where r.id = $1";

/// A new item whose SKU is taken breaks the primary key, which is a conflict.
async fn put_item(tx: &mut Tx, item: &Item) -> Result<(), CommitError> {
    let level = item.level();
    let query = if item.version() == 0 {
        tx.query("insert into items (sku, version, on_hand, reserved) values ($1, $2 + 1, $3, $4)")
    } else {
        tx.query(
            "update items set on_hand = $3, reserved = $4, version = version + 1
             where sku = $1 and version = $2",
        )
    };
    query
        .bind(level.sku.as_str())
        .bind(i64::from(item.version()))
        .bind(i64::from(level.on_hand))
        .bind(i64::from(level.reserved))
        .changed_one()
        .await
}

/// A reservation that exists breaks the primary key, which is a conflict.
async fn insert_hold(tx: &mut Tx, hold: &Hold) -> Result<(), CommitError> {
    tx.query("insert into reservations (id, state, version) values ($1, $2, 1)")
        .bind(hold.id.0)
        .bind(code(hold.state))
        .changed_one()
        .await?;
    let line = |(sku, quantity): (&Sku, &u32)| json!({ "sku": sku.as_str(), "quantity": quantity });
    let lines: Value = hold.lines.iter().map(line).collect();
    tx.query(INSERT_LINES).bind(hold.id.0).bind(lines).execute().await?;
    Ok(())
}

/// All at once, however many there are.
const INSERT_LINES: Sql = Sql {
    postgres: "
        insert into reservation_lines (reservation, sku, quantity)
        select $1, sku, quantity from jsonb_to_recordset($2) as l(sku text, quantity bigint)",
    sqlite: "
        insert into reservation_lines (reservation, sku, quantity)
        select $1, value->>'sku', value->>'quantity' from json_each($2)",
};

/// Its lines never change.
async fn end_hold(tx: &mut Tx, hold: &Hold) -> Result<(), CommitError> {
    tx.query("update reservations set state = $3, version = version + 1 where id = $1 and version = $2")
        .bind(hold.id.0)
        .bind(i64::from(hold.version))
        .bind(code(hold.state))
        .changed_one()
        .await
}

fn item(row: &Row) -> Result<Item, SqlError> {
    Ok(Item::kept(row.parse("sku")?, row.u32("on_hand")?, row.u32("reserved")?, row.u32("version")?))
}

fn hold(id: ReservationId, rows: &[Row]) -> Result<Option<Hold>, SqlError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let (state, version) = (first.map("state", state)?, first.u32("version")?);
    let mut lines = BTreeMap::new();
    for row in rows {
        if row.get::<Option<String>>("sku")?.is_some() {
            lines.insert(row.parse("sku")?, row.u32("quantity")?);
        }
    }
    Ok(Some(Hold { id, state, lines, version }))
}

fn code(state: ReservationState) -> &'static str {
    match state {
        ReservationState::Held => "held",
        ReservationState::Shipped => "shipped",
        ReservationState::Released => "released",
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as columns are read")]
fn state(code: String) -> Option<ReservationState> {
    let all = [ReservationState::Held, ReservationState::Shipped, ReservationState::Released];
    all.into_iter().find(|state| self::code(*state) == code)
}
