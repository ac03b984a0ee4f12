//! What happens to orders, told to who listens: the statements of the shop's outbox, inbox and messages.
//!
//! As in the shop, an event is in the transaction that makes it true, is delivered in windows, and is handled in one
//! transaction with its mark. One process needs no leases.

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

use super::{
    ACCEPT, BEGIN, HANDLED, Moment, Pool, Result, Row, SETTLE, Tx, begin, history, jot, micros, now, publish,
    store::Store,
};
use crate::body::{Order, Reason, new_id};

/// How many events are handled, and messages sent, at once.
const AT_ONCE: usize = 16;
const STREAM: &str = "ordering.v1.OrderEvent";

/// Who listens.
#[derive(Clone, Copy)]
enum Listener {
    Notifications,
    /// The history of orders.
    Ordering,
}

impl Listener {
    const ALL: [&str; 2] = [Self::Notifications.name(), Self::Ordering.name()];

    const fn name(self) -> &'static str {
        match self {
            Self::Notifications => "notifications",
            Self::Ordering => "ordering",
        }
    }

    fn home(self, store: &Store) -> &Pool {
        match self {
            Self::Notifications => &store.notifications.write,
            Self::Ordering => &store.ordering.write,
        }
    }
}

/// An event, on its way.
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) stream: &'static str,
    pub(crate) order: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) data: String,
    /// Who listens.
    pub(crate) to: &'static [&'static str],
}

impl Event {
    fn of(order: &Order, kind: &'static str, more: (&str, Value)) -> Self {
        let (name, more) = more;
        let data = json!({ "order": order.id, "customer": order.customer, name: more }).to_string();
        Self { id: new_id(), stream: STREAM, order: order.id, kind, data, to: &Listener::ALL }
    }
}

/// Tells that an order was placed.
pub(crate) async fn placed(tx: &mut Tx, order: &Order) -> Result<()> {
    let total = ("total", json!(order.total));
    publish(tx, Event::of(order, "ordering.v1.order_placed", total)).await
}

/// Tells how an order has ended.
pub(crate) async fn ended(tx: &mut Tx, order: &Order, reason: Option<&Reason>) -> Result<()> {
    let event = match reason {
        None => Event::of(order, "ordering.v1.order_confirmed", ("total", json!(order.total))),
        Some(reason) => Event::of(order, "ordering.v1.order_rejected", ("reason", json!(reason))),
    };
    publish(tx, event).await
}

const DUE: &str = "
    with due as materialized (
        select event, previous from outgrow_deliveries where subscriber = $1 order by event limit $2)
    select o.*, due.previous from due join outgrow_outbox o on o.id = due.event order by o.id";

/// As it goes to the inbox.
fn row(due: &Row) -> Result<Value> {
    let text = |column| due.try_get::<String, _>(column);
    let id = |column| due.try_get::<Uuid, _>(column);
    Ok(json!({
        "id": id("id")?, "stream": text("stream")?, "key": text("key")?, "kind": text("kind")?,
        "sequence": due.try_get::<i64, _>("sequence")?, "data": text("data")?, "at": micros(due.try_get("at")?),
        "correlation": id("correlation")?, "causation": id("causation")?, "shard": 0,
        "previous": due.try_get::<Option<i64>, _>("previous")?,
    }))
}

/// Puts a window of events into each inbox. False if there was none.
pub(crate) async fn deliver(store: &Store) -> Result<bool> {
    let [notifications, ordering] = [Listener::Notifications, Listener::Ordering];
    let (notified, kept) = tokio::try_join!(deliver_to(store, notifications), deliver_to(store, ordering))?;
    Ok(notified || kept)
}

async fn deliver_to(store: &Store, listener: Listener) -> Result<bool> {
    let due = sqlx::query(DUE).bind(listener.name()).bind(128_i64).fetch_all(&store.ordering.read).await?;
    if due.is_empty() {
        return Ok(false);
    }
    let events: Value = due.iter().map(row).collect::<Result<_>>()?;
    let mut tx = begin(listener.home(store)).await?;
    for statement in ACCEPT {
        sqlx::query(statement).bind(&events).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    let ids: Value = due.iter().map(|due| Ok(json!(due.try_get::<Uuid, _>("id")?))).collect::<Result<_>>()?;
    let mut tx = jot(&store.ordering.write).await?;
    sqlx::query(SETTLE).bind(listener.name()).bind(ids).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Handles a window of events of each inbox. False if there was none.
pub(crate) async fn hear(store: &Store) -> Result<bool> {
    let [notifications, ordering] = [Listener::Notifications, Listener::Ordering];
    let (notified, kept) = tokio::try_join!(hear_as(store, notifications), hear_as(store, ordering))?;
    Ok(notified || kept)
}

async fn hear_as(store: &Store, listener: Listener) -> Result<bool> {
    let mut tx = jot(listener.home(store)).await?;
    let begun = sqlx::query(BEGIN).bind(64_i64).fetch_all(&mut *tx).await?;
    tx.commit().await?;
    let any = !begun.is_empty();
    let handled = stream::iter(begun).map(|event| handle(store, listener, event));
    let handled = handled.buffer_unordered(AT_ONCE).collect::<Vec<Result<()>>>().await;
    handled.into_iter().collect::<Result<()>>()?;
    Ok(any)
}

const NEXT: &str = "
    update outgrow_inbox set ready = true where stream = $1 and key = $2 and not parked and sequence = (
        select sequence from outgrow_inbox
        where stream = $1 and key = $2 and sequence > $3 and coalesce(previous, sequence - 1) <= $3
        order by sequence limit 1)";

async fn handle(store: &Store, listener: Listener, event: Row) -> Result<()> {
    let (key, kind): (String, String) = (event.try_get("key")?, event.try_get("kind")?);
    let mut tx = begin(listener.home(store)).await?;
    for statement in HANDLED.into_iter().chain([NEXT]) {
        let statement = sqlx::query(statement).bind(STREAM).bind(&key);
        statement.bind(event.try_get::<i64, _>("sequence")?).execute(&mut *tx).await?;
    }
    match (listener, kind.strip_prefix("ordering.v1.order_")) {
        (Listener::Ordering, Some(status)) => history::keep(&mut tx, &event, status).await?,
        (Listener::Notifications, Some(outcome)) if outcome != "placed" => {
            write(&mut tx, event.try_get("id")?, &key, outcome).await?;
        }
        _ => {}
    }
    tx.commit().await
}

/// Writes a message that is to be sent.
async fn write(tx: &mut Tx, id: Uuid, order: &str, outcome: &str) -> Result<()> {
    sqlx::query(
        "insert into messages (id, order_id, outcome, recipient, subject, body, written_at, sent_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(order.parse::<Uuid>().unwrap_or_default())
    .bind(outcome)
    .bind("somebody")
    .bind(format!("Your order is {outcome}"))
    .bind(format!("Your order {order} is {outcome}."))
    .bind(now())
    .bind(None::<Moment>)
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Sends the messages that are to be sent. False if there was none.
pub(crate) async fn send(store: &Store) -> Result<bool> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from messages where sent_at is null and refused is null and id > $1 order by id limit $2",
    )
    .bind(Uuid::nil())
    .bind(256_i64)
    .fetch_all(&store.notifications.read)
    .await?;
    let any = !ids.is_empty();
    let sent = stream::iter(ids).map(|id| async move {
        let message = sqlx::query("select * from messages where id = $1").bind(id);
        message.fetch_optional(&store.notifications.read).await?;
        let mut tx = begin(&store.notifications.write).await?;
        let sent =
            sqlx::query("update messages set sent_at = $2, refused = null where id = $1 and sent_at is null");
        sent.bind(id).bind(now()).execute(&mut *tx).await?;
        tx.commit().await
    });
    let sent = sent.buffer_unordered(AT_ONCE).collect::<Vec<Result<()>>>().await;
    sent.into_iter().collect::<Result<()>>()?;
    Ok(any)
}
