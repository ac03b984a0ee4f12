//! The statements, those of the shop's stores.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::Row as _;
use uuid::Uuid;

use super::{ITEMS, PRICES, Pool, Result, Tx, begin, now, telling};
use crate::body::{Level, Money, Order, OrderLine, Reason};

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
const RESERVE: [&str; 2] = ["ordering", "inventory.v1.Inventory/Reserve"];

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

async fn remember(tx: &mut Tx, answer: &Answer) -> Result<()> {
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

    /// Keeps a new order and its answer.
    pub(crate) async fn place(&self, answer: &Answer, kept: &Kept) -> Result<()> {
        let Kept { order, payment_token, hold, .. } = kept;
        let mut tx = begin(&self.ordering.write).await?;
        remember(&mut tx, answer).await?;
        sqlx::query(
            "insert into orders (id, customer, payment_token, currency, total, hold, to_give_back, status,
                                 reason_code, reason, placed_at, open, version)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)",
        )
        .bind(order.id)
        .bind(&order.customer)
        .bind(payment_token)
        .bind(&order.total.currency)
        .bind(order.total.amount)
        .bind(hold)
        .bind(false)
        .bind(&order.status)
        .bind(None::<String>)
        .bind(None::<String>)
        .bind(now())
        .bind(true)
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
        tx.commit().await
    }

    /// Orders for which something is still to be done.
    pub(crate) async fn open(&self, after: Uuid) -> Result<Vec<Uuid>> {
        sqlx::query_scalar("select id from orders where open and id > $1 order by id limit $2")
            .bind(after)
            .bind(256_i64)
            .fetch_all(&self.ordering.read)
            .await
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

    /// Reserves the goods of an order, or says why it cannot. None if somebody else was first.
    pub(crate) async fn reserve(&self, kept: &Kept) -> Result<Option<Option<Reason>>> {
        let key = kept.hold.to_string();
        if self.inventory.recall(RESERVE, &key).await?.is_some() {
            return Ok(Some(None));
        }
        let earlier = sqlx::query(
            "select r.state, r.version, l.sku, l.quantity
             from reservations r left join reservation_lines l on l.reservation = r.id
             where r.id = $1",
        );
        if !earlier.bind(kept.hold).fetch_all(&self.inventory.read).await?.is_empty() {
            return Ok(Some(None));
        }
        let goods = goods(&kept.order);
        let items = self.items(goods.keys().copied().collect()).await?;
        let mut changes = Vec::with_capacity(goods.len());
        for (sku, quantity) in &goods {
            let item =
                items.iter().find(|(of, on_hand, reserved, _)| of == sku && on_hand - reserved >= *quantity);
            let Some((_, on_hand, reserved, version)) = item else {
                let (code, message) = ("out-of-stock".to_owned(), format!("not enough of {sku}"));
                return Ok(Some(Some(Reason { code, message })));
            };
            changes.push((*sku, *version, *on_hand, reserved + quantity));
        }
        let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes());
        let mut tx = begin(&self.inventory.write).await?;
        remember(&mut tx, &Answer { command: RESERVE, key, fingerprint, body: b"held".to_vec() }).await?;
        for (sku, version, on_hand, reserved) in changes {
            let changed = sqlx::query(
                "update items set on_hand = $3, reserved = $4, version = version + 1
                 where sku = $1 and version = $2",
            );
            let changed = changed.bind(sku).bind(version).bind(on_hand).bind(reserved);
            if changed.execute(&mut *tx).await?.rows_affected() != 1 {
                return Ok(None);
            }
        }
        sqlx::query("insert into reservations (id, state, version) values ($1, $2, 1)")
            .bind(kept.hold)
            .bind("held")
            .execute(&mut *tx)
            .await?;
        for (sku, quantity) in goods {
            sqlx::query("insert into reservation_lines (reservation, sku, quantity) values ($1, $2, $3)")
                .bind(kept.hold)
                .bind(sku)
                .bind(quantity)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Some(None))
    }

    /// An order has come to its end.
    pub(crate) async fn end(&self, kept: &Kept, reason: Option<Reason>) -> Result<()> {
        let mut tx = begin(&self.ordering.write).await?;
        sqlx::query(
            "update orders set status = $3, reason_code = $4, reason = $5, to_give_back = $6, open = $7,
                               version = version + 1
             where id = $1 and version = $2",
        )
        .bind(kept.order.id)
        .bind(kept.version)
        .bind(if reason.is_some() { "rejected" } else { "confirmed" })
        .bind(reason.as_ref().map(|reason| &reason.code))
        .bind(reason.as_ref().map(|reason| &reason.message))
        .bind(false)
        .bind(false)
        .execute(&mut *tx)
        .await?;
        telling::ended(&mut tx, &kept.order, reason.as_ref()).await?;
        tx.commit().await
    }

    pub(crate) async fn level(&self, sku: &str) -> Result<Option<Level>> {
        let item = self.items(vec![sku]).await?.pop();
        Ok(item.map(|(sku, on_hand, reserved, _)| {
            let (on_hand, reserved) = (small(on_hand), small(reserved));
            Level { sku, on_hand, reserved, available: on_hand.saturating_sub(reserved) }
        }))
    }

    async fn items(&self, skus: Vec<&str>) -> Result<Vec<(String, i64, i64, i64)>> {
        sqlx::query_as(ITEMS).bind(Value::from(skus)).fetch_all(&self.inventory.read).await
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

/// The goods of an order, each SKU once; in one order for all, so that two orders wait for each other instead of for
/// ever.
fn goods(order: &Order) -> BTreeMap<&str, i64> {
    let mut goods = BTreeMap::new();
    for line in &order.lines {
        *goods.entry(&*line.sku).or_default() += i64::from(line.quantity);
    }
    goods
}

fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
