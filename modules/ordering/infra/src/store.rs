//! Orders, in SQL.

use std::{fmt, sync::Arc, time::Duration};

use adapter_sql::{Db, Home, Row, Sql, SqlError, Timestamp, Tx};
use async_trait::async_trait;
use ordering_contract::{Customer, OrderId, OrderLine, OrderStatus, Quantity, Reason};
use ordering_core::{Change, HoldId, Order, OrderStore};
use outgrow::{Answers, CommitError, Currency, Money, StoreError};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ends::Ends;

/// Keeps orders in the module's home. Who waits for the end of one is told by the store that ends it, if that is this
/// one, and otherwise finds it a little later.
pub struct SqlOrderStore {
    home: Home,
    db: Db,
    ends: Arc<Ends>,
}

impl fmt::Debug for SqlOrderStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlOrderStore").field(&self.db).finish()
    }
}

impl SqlOrderStore {
    /// The orders of this home.
    pub fn new(home: &Home) -> Self {
        Self { home: home.clone(), db: home.db(), ends: Arc::default() }
    }
}

#[async_trait]
impl OrderStore for SqlOrderStore {
    fn answers(&self) -> &dyn Answers {
        &self.db
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let rows = self.db.query(ORDER).bind(id.0).all().await?;
        Ok(orders(&rows)?.pop())
    }

    async fn outcome(&self, id: OrderId, within: Duration) -> Result<Option<Order>, StoreError> {
        let ending = || self.home.tasks().draining();
        self.ends.wait(id, within, ending, || self.order(id)).await
    }

    async fn orders_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let after = after.map_or(Uuid::max(), |order| order.0);
        let page = self.db.query(ORDERS_OF).bind(customer.as_str()).bind(after).bind(i64::from(limit));
        Ok(orders(&page.all().await?)?)
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let (now, ends) = (self.home.clock().now(), Arc::clone(&self.ends));
        let ended =
            change.order.as_ref().filter(|order| order.status != OrderStatus::Placed).map(|order| order.id);
        let write = move |mut tx: Tx| async move {
            if let Some(answer) = &change.answer {
                tx.remember(answer, now)?;
            }
            match &change.order {
                Some(order) if order.version == 0 => insert(&mut tx, order).await?,
                Some(order) => update(&mut tx, order).await?,
                None => {}
            }
            for event in &change.events {
                tx.publish(event)?;
            }
            if let Some(transition) = &change.saga {
                tx.advance(transition).await?;
            }
            let committed = tx.commit(()).await;
            // In the write, which goes on if nobody waits for it; and whatever came of it, for who is told looks.
            ended.inspect(|order| ends.tell(*order));
            committed
        };
        self.db.write(write).await
    }
}

const ORDER: &str = "
    select o.*, l.sku, l.quantity, l.unit_price
    from orders o join order_lines l on l.order_id = o.id
    where o.id = $1
    order by l.position";

const ORDERS_OF: &str = "
    select o.*, l.sku, l.quantity, l.unit_price
    from (select * from orders where customer = $1 and id < $2 order by id desc limit $3) o
    join order_lines l on l.order_id = o.id
    order by o.id desc, l.position";

/// All at once, however many there are.
const INSERT_LINES: Sql = Sql {
    postgres: "
        insert into order_lines (order_id, position, sku, quantity, unit_price)
        select $1, position, sku, quantity, unit_price
        from jsonb_to_recordset($2) as l(position bigint, sku text, quantity bigint, unit_price bigint)",
    sqlite: "
        insert into order_lines (order_id, position, sku, quantity, unit_price)
        select $1, value->>'position', value->>'sku', value->>'quantity', value->>'unit_price' from json_each($2)",
};

async fn insert(tx: &mut Tx, order: &Order) -> Result<(), CommitError> {
    tx.query(
        "insert into orders (id, customer, payment_token, currency, total, hold, status, reason_code, reason,
                             placed_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
    )
    .bind(order.id.0)
    .bind(order.customer.as_str())
    .bind(order.payment_token.as_str())
    .bind(order.total.currency.as_str())
    .bind(order.total.amount)
    .bind(order.hold.0)
    .bind(code(order.status))
    .bind(order.reason.as_ref().map(|reason| reason.code.clone()))
    .bind(order.reason.as_ref().map(|reason| reason.message.clone()))
    .bind(Timestamp(order.placed_at))
    .execute()
    .await?;
    let line = |(position, line): (u32, &OrderLine)| {
        json!({
            "position": position, "sku": line.sku.as_str(), "quantity": line.quantity.get(),
            "unit_price": line.unit_price.amount,
        })
    };
    let lines: Value = (0..).zip(&order.lines).map(line).collect();
    tx.query(INSERT_LINES).bind(order.id.0).bind(lines).execute().await?;
    Ok(())
}

async fn update(tx: &mut Tx, order: &Order) -> Result<(), CommitError> {
    tx.query(
        "update orders set status = $3, reason_code = $4, reason = $5, version = version + 1
         where id = $1 and version = $2",
    )
    .bind(order.id.0)
    .bind(i64::from(order.version))
    .bind(code(order.status))
    .bind(order.reason.as_ref().map(|reason| reason.code.clone()))
    .bind(order.reason.as_ref().map(|reason| reason.message.clone()))
    .changed_one()
    .await
}

/// Orders from rows of one line each, the lines of an order one after the other.
pub(crate) fn orders(rows: &[Row]) -> Result<Vec<Order>, SqlError> {
    let mut orders: Vec<Order> = Vec::new();
    for row in rows {
        let id = OrderId(row.get("id")?);
        if orders.last().is_none_or(|last| last.id != id) {
            orders.push(order(id, row)?);
        }
        if let Some(order) = orders.last_mut() {
            order.lines.push(line(row, order.total.currency)?);
        }
    }
    Ok(orders)
}

fn order(id: OrderId, row: &Row) -> Result<Order, SqlError> {
    let reason = match (row.get("reason_code")?, row.get("reason")?) {
        (Some(code), Some(message)) => Some(Reason { code, message }),
        _ => None,
    };
    Ok(Order {
        id,
        customer: row.parse("customer")?,
        payment_token: row.parse("payment_token")?,
        lines: Vec::new(),
        total: Money { amount: row.get("total")?, currency: row.parse("currency")? },
        hold: HoldId(row.get("hold")?),
        status: row.map("status", |code: String| status(&code))?,
        reason,
        placed_at: row.time("placed_at")?,
        version: row.u32("version")?,
    })
}

fn line(row: &Row, currency: Currency) -> Result<OrderLine, SqlError> {
    Ok(OrderLine {
        sku: row.parse("sku")?,
        quantity: row.map("quantity", |number: i64| Quantity::try_from(u32::try_from(number).ok()?).ok())?,
        unit_price: Money { amount: row.get("unit_price")?, currency },
    })
}

pub(crate) fn code(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Placed => "placed",
        OrderStatus::Confirmed => "confirmed",
        OrderStatus::Rejected => "rejected",
        OrderStatus::Cancelled => "cancelled",
    }
}

pub(crate) fn status(code: &str) -> Option<OrderStatus> {
    let all = [OrderStatus::Placed, OrderStatus::Confirmed, OrderStatus::Rejected, OrderStatus::Cancelled];
    all.into_iter().find(|status| self::code(*status) == code)
}
