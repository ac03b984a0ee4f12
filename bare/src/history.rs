//! The history of orders, as the shop keeps it: a fact for each event, and what follows from all facts about an order.

use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use super::{HISTORY_GENERATIONS, Moment, Result, Row, Tx};

/// Keeps what an event tells of an order, in the transaction with its mark.
pub(crate) async fn keep(tx: &mut Tx, event: &Row, status: &str) -> Result<()> {
    let order: Uuid = event.try_get::<String, _>("key")?.parse().unwrap_or_default();
    let data: Value = serde_json::from_str(&event.try_get::<String, _>("data")?).unwrap_or_default();
    let text = |path| data.pointer(path).and_then(Value::as_str).map(ToOwned::to_owned);
    sqlx::query(
        "insert into order_facts (order_id, number, status, customer, currency, total, reason_code, reason, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (order_id, number) do nothing",
    )
    .bind(order)
    .bind(event.try_get::<i64, _>("sequence")?)
    .bind(status)
    .bind(text("/customer"))
    .bind(text("/total/currency"))
    .bind(data.pointer("/total/amount").and_then(Value::as_i64))
    .bind(text("/reason/code"))
    .bind(text("/reason/message"))
    .bind(event.try_get::<Moment, _>("at")?)
    .execute(&mut **tx)
    .await?;
    let facts = sqlx::query("select * from order_facts where order_id = $1 order by number").bind(order);
    let facts = facts.fetch_all(&mut **tx).await?;
    let (Some(first), Some(last)) = (facts.first(), facts.last()) else { return Ok(()) };
    let generation = sqlx::query(HISTORY_GENERATIONS).fetch_one(&mut **tx).await?;
    let at = |status: &str| {
        let fact = facts.iter().find(|fact| fact.try_get("status").is_ok_and(|at: &str| at == status));
        fact.map(|fact| fact.try_get::<Moment, _>("at")).transpose()
    };
    sqlx::query(
        "insert into order_history
             (generation, order_id, customer, status, currency, total, reason_code, reason, placed_at, confirmed_at,
              rejected_at, cancelled_at, number)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (generation, order_id) do update set
             customer = excluded.customer, status = excluded.status, currency = excluded.currency,
             total = excluded.total, reason_code = excluded.reason_code, reason = excluded.reason,
             placed_at = excluded.placed_at, confirmed_at = excluded.confirmed_at,
             rejected_at = excluded.rejected_at, cancelled_at = excluded.cancelled_at, number = excluded.number
         where excluded.number > order_history.number",
    )
    .bind(generation.try_get::<i64, _>("live")?)
    .bind(order)
    .bind(last.try_get::<String, _>("customer")?)
    .bind(last.try_get::<String, _>("status")?)
    .bind(first.try_get::<Option<String>, _>("currency")?)
    .bind(first.try_get::<Option<i64>, _>("total")?)
    .bind(last.try_get::<Option<String>, _>("reason_code")?)
    .bind(last.try_get::<Option<String>, _>("reason")?)
    .bind(first.try_get::<Moment, _>("at")?)
    .bind(at("confirmed")?)
    .bind(at("rejected")?)
    .bind(at("cancelled")?)
    .bind(last.try_get::<i64, _>("number")?)
    .execute(&mut **tx)
    .await
    .map(drop)
}
