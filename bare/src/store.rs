//! The homes, and the statements about answers, prices and orders: those of the shop's stores.

use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use super::{PRICES, Pool, Result, Tx, begin, fulfilment, now, telling};
use crate::body::{Money, Order, OrderLine, Reason};

/// The database of one module.
pub(crate) struct Home {
    pub(crate) read: Pool,
    pub(crate) write: Pool,
}

/// The databases of all of them.
pub(crate) struct Store {
    pub(crate) catalog: Home,
    pub(crate) inventory: Home,
    pub(crate) ordering: Home,
    pub(crate) payments: Home,
    pub(crate) notifications: Home,
}

/// A command and what it was answered.
pub(crate) struct Answer {
    pub(crate) command: [&'static str; 2],
    pub(crate) key: String,
    pub(crate) fingerprint: Uuid,
    pub(crate) body: Vec<u8>,
}

/// The command that places an order: who calls, and what.
pub(crate) const PLACE: [&str; 2] = ["edge", "ordering.v1.Ordering/Place"];

/// An order as it is kept.
pub(crate) struct Kept {
    pub(crate) order: Order,
    pub(crate) payment_token: String,
    pub(crate) hold: Uuid,
    pub(crate) version: i64,
}

impl Home {
    /// What a command was answered before, with the fingerprint of what it asked.
    pub(crate) async fn recall(&self, command: [&str; 2], key: &str) -> Result<Option<(Uuid, Vec<u8>)>> {
        let [caller, method] = command;
        let found = sqlx::query(
            "select fingerprint, refused, body from outgrow_answers
             where principal = $1 and caller = $2 and method = $3 and key = $4",
        );
        let found = found.bind("").bind(caller).bind(method).bind(key).fetch_optional(&self.read).await?;
        found.map(|row| Ok((row.try_get(0)?, row.try_get(2)?))).transpose()
    }
}

/// Keeps what a command was answered, in the transaction with its effects.
pub(crate) async fn remember(tx: &mut Tx, answer: &Answer) -> Result<()> {
    let [caller, method] = answer.command;
    sqlx::query(
        "insert into outgrow_answers (principal, caller, method, key, fingerprint, refused, body, answered_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind("")
    .bind(caller)
    .bind(method)
    .bind(&answer.key)
    .bind(answer.fingerprint)
    .bind(false)
    .bind(&answer.body)
    .bind(now())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl Store {
    /// SKU, amount and currency of each of these that is for sale.
    pub(crate) async fn prices(&self, skus: Value) -> Result<Vec<(String, i64, String)>> {
        sqlx::query_as(PRICES).bind(skus).fetch_all(&self.catalog.read).await
    }

    /// Keeps a new order and its answer; its fulfilment begins.
    pub(crate) async fn place(&self, answer: &Answer, kept: &Kept) -> Result<()> {
        let Kept { order, payment_token, hold, .. } = kept;
        let mut tx = begin(&self.ordering.write).await?;
        remember(&mut tx, answer).await?;
        sqlx::query(
            "insert into orders (id, customer, payment_token, currency, total, hold, status, reason_code,
                                 reason, placed_at, version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
        )
        .bind(order.id)
        .bind(&order.customer)
        .bind(payment_token)
        .bind(&order.total.currency)
        .bind(order.total.amount)
        .bind(hold)
        .bind(&order.status)
        .bind(None::<String>)
        .bind(None::<String>)
        .bind(now())
        .execute(&mut *tx)
        .await?;
        for (position, line) in (0_i64..).zip(&order.lines) {
            sqlx::query(
                "insert into order_lines (order_id, position, sku, quantity, unit_price) values ($1, $2, $3, $4, $5)",
            )
            .bind(order.id)
            .bind(position)
            .bind(&line.sku)
            .bind(i64::from(line.quantity))
            .bind(line.unit_price.amount)
            .execute(&mut *tx)
            .await?;
        }
        telling::placed(&mut tx, order).await?;
        fulfilment::began(&mut tx, order.id).await?;
        tx.commit().await
    }

    pub(crate) async fn order(&self, id: Uuid) -> Result<Option<Kept>> {
        let rows = sqlx::query(
            "select o.*, l.sku, l.quantity, l.unit_price
             from orders o join order_lines l on l.order_id = o.id
             where o.id = $1
             order by l.position",
        );
        let rows = rows.bind(id).fetch_all(&self.ordering.read).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let currency: String = first.try_get("currency")?;
        let money = |amount| Money { amount, currency: currency.clone() };
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let (sku, unit_price) = (row.try_get("sku")?, money(row.try_get("unit_price")?));
            lines.push(OrderLine { sku, quantity: small(row.try_get("quantity")?), unit_price });
        }
        let code: Option<String> = first.try_get("reason_code")?;
        let order = Order {
            id,
            customer: first.try_get("customer")?,
            status: first.try_get("status")?,
            lines,
            total: money(first.try_get("total")?),
            reason: code.zip(first.try_get("reason")?).map(|(code, message)| Reason { code, message }),
        };
        let (payment_token, hold) = (first.try_get("payment_token")?, first.try_get("hold")?);
        Ok(Some(Kept { order, payment_token, hold, version: first.try_get("version")? }))
    }

    /// So many products, a million of each on hand.
    pub(crate) async fn fill(&self, skus: u32) -> Result<()> {
        let (mut catalog, mut inventory) =
            (begin(&self.catalog.write).await?, begin(&self.inventory.write).await?);
        for number in 0..skus {
            let sku = format!("sku-{number}");
            sqlx::query(
                "insert into products (sku, name, amount, currency, version) values ($1, $2, 1250, 'EUR', 1)",
            )
            .bind(&sku)
            .bind(&sku)
            .execute(&mut *catalog)
            .await?;
            sqlx::query("insert into items (sku, on_hand, reserved, version) values ($1, 1000000, 0, 1)")
                .bind(&sku)
                .execute(&mut *inventory)
                .await?;
        }
        catalog.commit().await?;
        inventory.commit().await
    }
}

/// A number of things.
pub(crate) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
