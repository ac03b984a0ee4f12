//! The history of orders, in SQL: facts, and what follows from them.
//!
//! What follows is never built upon: it is worked out from all facts about an order each time one is added. There are a
//! handful, and so what was wrong once does not stay wrong.

use std::fmt;

use adapter_sql::{Db, Home, Projection, Row, Sql, SqlError, Timestamp, Tx, projection, shown};
use async_trait::async_trait;
use ordering_contract::{Customer, HistoryEntry, OrderId, Reason};
use ordering_core::{Entry, Fact, HistoryStore};
use outgrow::{CommitError, Money, StoreError, event::Mark};
use uuid::Uuid;

use crate::store;

/// Keeps the history of orders in the module's home.
pub struct SqlHistoryStore {
    db: Db,
}

impl fmt::Debug for SqlHistoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlHistoryStore").field(&self.db).finish()
    }
}

impl SqlHistoryStore {
    /// The history in this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db() }
    }
}

#[async_trait]
impl HistoryStore for SqlHistoryStore {
    async fn keep(&self, fact: Fact, mark: Mark) -> Result<(), CommitError> {
        let keep = move |mut tx: Tx| async move {
            add(&mut tx, &fact).await?;
            let rows = tx.query(FACTS).bind(fact.order.0).all().await?;
            let facts: Result<Vec<_>, SqlError> = rows.iter().map(self::fact).collect();
            if let Some(entry) = Entry::of(&facts?) {
                show(&mut tx, None, &entry).await?;
            }
            tx.commit(()).await
        };
        self.db.handle(&mark, keep).await
    }

    async fn history_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let after = after.map_or(Uuid::max(), |order| order.0);
        let page = self.db.query(HISTORY_OF).bind(customer.as_str()).bind(after).bind(i64::from(limit));
        let entries: Result<_, SqlError> = page.all().await?.iter().map(entry).collect();
        Ok(entries?)
    }
}

/// What is read.
pub(crate) const HISTORY: Projection = projection!("order_history", "order_id");

const FACTS: &str = "select * from order_facts where order_id = $1 order by number";

const HISTORY_OF: &str = "
    select h.* from order_history h join order_history_generations g on g.live = h.generation
    where h.customer = $1 and h.order_id < $2 order by h.order_id desc limit $3";

/// What already follows from more stays.
const SHOW: Sql = shown!(
    "order_history",
    "
    insert into order_history
        (generation, order_id, customer, status, currency, total, reason_code, reason, placed_at, confirmed_at,
         rejected_at, cancelled_at, number)
    select generation, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
    from generations where generation = coalesce($1, generation)
    on conflict (generation, order_id) do update set
        customer = excluded.customer, status = excluded.status, currency = excluded.currency,
        total = excluded.total, reason_code = excluded.reason_code, reason = excluded.reason,
        placed_at = excluded.placed_at, confirmed_at = excluded.confirmed_at, rejected_at = excluded.rejected_at,
        cancelled_at = excluded.cancelled_at, number = excluded.number
    where excluded.number > order_history.number"
);

/// Adds a fact, once.
pub(crate) async fn add(tx: &mut Tx, fact: &Fact) -> Result<(), CommitError> {
    let number = i64::try_from(fact.number);
    let number = number.map_err(|error| CommitError::NotCommitted(StoreError::new(error)))?;
    let (code, message) = parts(fact.reason.as_ref());
    tx.query(
        "insert into order_facts (order_id, number, status, customer, currency, total, reason_code, reason, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (order_id, number) do nothing",
    )
    .bind(fact.order.0)
    .bind(number)
    .bind(store::code(fact.status))
    .bind(fact.customer.as_str())
    .bind(fact.total.map(|total| total.currency.as_str().to_owned()))
    .bind(fact.total.map(|total| total.amount))
    .bind(code)
    .bind(message)
    .bind(Timestamp(fact.at))
    .execute()
    .await?;
    Ok(())
}

/// Shows what has become of an order in a generation, or in every one, unless that follows from more there.
pub(crate) async fn show(tx: &mut Tx, generation: Option<i64>, entry: &Entry) -> Result<(), CommitError> {
    let HistoryEntry { order, status, total, ref reason, .. } = entry.shown;
    let number = i64::try_from(entry.number);
    let number = number.map_err(|error| CommitError::NotCommitted(StoreError::new(error)))?;
    let (code, message) = parts(reason.as_ref());
    tx.query(SHOW)
        .bind(generation)
        .bind(order.0)
        .bind(entry.customer.as_str())
        .bind(store::code(status))
        .bind(total.currency.as_str())
        .bind(total.amount)
        .bind(code)
        .bind(message)
        .bind(Timestamp(entry.shown.placed_at))
        .bind(entry.shown.confirmed_at.map(Timestamp))
        .bind(entry.shown.rejected_at.map(Timestamp))
        .bind(entry.shown.cancelled_at.map(Timestamp))
        .bind(number)
        .execute()
        .await?;
    Ok(())
}

/// The fact in a row.
pub(crate) fn fact(row: &Row) -> Result<Fact, SqlError> {
    let total = match row.get::<Option<String>>("currency")? {
        Some(_) => Some(Money { amount: row.get("total")?, currency: row.parse("currency")? }),
        None => None,
    };
    Ok(Fact {
        order: OrderId(row.get("order_id")?),
        number: row.u64("number")?,
        customer: row.parse("customer")?,
        status: row.map("status", |code: String| store::status(&code))?,
        total,
        reason: reason(row)?,
        at: row.time("at")?,
    })
}

fn entry(row: &Row) -> Result<Entry, SqlError> {
    let at = |column| Ok::<_, SqlError>(row.get::<Option<Timestamp>>(column)?.map(|Timestamp(at)| at));
    let shown = HistoryEntry {
        order: OrderId(row.get("order_id")?),
        status: row.map("status", |code: String| store::status(&code))?,
        total: Money { amount: row.get("total")?, currency: row.parse("currency")? },
        placed_at: row.time("placed_at")?,
        confirmed_at: at("confirmed_at")?,
        rejected_at: at("rejected_at")?,
        cancelled_at: at("cancelled_at")?,
        reason: reason(row)?,
    };
    Ok(Entry { customer: row.parse("customer")?, shown, number: row.u64("number")? })
}

fn reason(row: &Row) -> Result<Option<Reason>, SqlError> {
    Ok(match (row.get("reason_code")?, row.get("reason")?) {
        (Some(code), Some(message)) => Some(Reason { code, message }),
        _ => None,
    })
}

fn parts(reason: Option<&Reason>) -> (Option<String>, Option<String>) {
    reason.map(|Reason { code, message }| (code.clone(), message.clone())).unzip()
}
