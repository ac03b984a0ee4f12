//! The oracle: whether a shop has survived what was done to it.
//!
//! It is asked when nothing is on its way any more, and judges by what the run has left in the homes, and, as long as
//! somebody serves them, by what is to be seen from outside. It knows what must hold, not what happened in between: so
//! the same oracle judges every crash. That it finds each kind of damage is held by `planted.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use outgrow_testkit::until_async;
use serde_json::Value;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    books::{Books, Order},
    system::System,
};

/// How long a shop may take until nothing is on its way any more.
const QUIET: Duration = Duration::from_secs(30);

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Invariant {
    /// I1: every order answered 201 exists and has ended.
    OrdersEnd,
    /// I2: received = on hand + shipped, reserved = held, and exactly the goods of what is confirmed are gone.
    StockAddsUp,
    /// I3: captured − refunded is the total exactly where the order is confirmed, else 0; nothing is left set aside.
    MoneyFollows,
    /// I4: one effect per event and subscriber.
    OneEffect,
    /// I5: the events of an order are without gap and in order, and end where the order does.
    EventsFollow,
    /// I6: nothing waits, and what is parked is what was planted.
    NothingWaits,
    /// I7: nothing is left half done, whatever its request was answered.
    NothingIsHalfDone,
    /// I8: each outcome of an order was told once, and nothing else was.
    OutcomesAreTold,
}

/// Something that does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    pub(crate) invariant: Invariant,
    pub(crate) what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = match self.invariant {
            Invariant::OrdersEnd => "I1",
            Invariant::StockAddsUp => "I2",
            Invariant::MoneyFollows => "I3",
            Invariant::OneEffect => "I4",
            Invariant::EventsFollow => "I5",
            Invariant::NothingWaits => "I6",
            Invariant::NothingIsHalfDone => "I7",
            Invariant::OutcomesAreTold => "I8",
        };
        write!(f, "{number} {:?}: {}", self.invariant, self.what)
    }
}

/// What was asked of a shop, as far as the oracle has to know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ran {
    /// The orders that were answered 201.
    pub(crate) accepted: Vec<Uuid>,
    /// How much of each SKU was received.
    pub(crate) received: BTreeMap<String, i64>,
    /// The events that cannot be handled.
    pub(crate) poison: BTreeSet<Uuid>,
}

impl Ran {
    /// Orders of goods of which so much was received.
    pub(crate) fn new(sku: &str, received: i64) -> Self {
        Self { received: BTreeMap::from([(sku.to_owned(), received)]), ..Self::default() }
    }

    /// The same with these orders, too.
    pub(crate) fn accepted(mut self, orders: &[String]) -> Self {
        self.accepted.extend(orders.iter().map(|id| id.parse::<Uuid>().unwrap()));
        self
    }
}

/// Waits until nothing is on its way any more, and fails where something does not hold.
pub(crate) async fn holds(shop: &System, ran: &Ran) {
    let said: Vec<_> = found(shop, ran).await.iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "the shop has not survived:\n{}", said.join("\n"));
}

/// Waits until nothing is on its way any more, and finds what does not hold.
pub(crate) async fn found(shop: &System, ran: &Ran) -> Vec<Breach> {
    let books = Books::open(&shop.data).await;
    // Should it never become quiet, what is left is what is wrong.
    let quiet = until_async("nothing is on its way", 2 * QUIET, async || books.are_quiet().await);
    _ = timeout(QUIET, quiet).await;
    let mut breaches = books.breaches(ran).await;
    breaches.extend(seen(shop, &books, ran).await);
    breaches
}

/// What can be seen from outside that is not what the homes say.
async fn seen(shop: &System, books: &Books, ran: &Ran) -> Vec<Breach> {
    let orders = books.orders().await;
    let mut wrong = Vec::new();
    for id in &ran.accepted {
        let Some(Order { status, total, .. }) = orders.get(id) else { continue };
        let captured = if status == "confirmed" { Value::from(*total) } else { Value::Null };
        for (invariant, path, at, expected) in [
            (Invariant::OrdersEnd, format!("/v1/orders/{id}"), "/status", status.as_str().into()),
            (Invariant::MoneyFollows, format!("/v1/orders/{id}/payment"), "/captured/amount", captured),
            (
                Invariant::OutcomesAreTold,
                format!("/v1/notifications?order={id}"),
                "/items",
                status.as_str().into(),
            ),
        ] {
            let reply = shop.get(&path).await;
            let found = reply.json().pointer(at).cloned().unwrap_or(Value::Null);
            let last = found.as_array().and_then(|items| items.last()).map(|told| told["outcome"].clone());
            let paid_back = invariant == Invariant::MoneyFollows && expected.is_null();
            if !paid_back && last.as_ref().unwrap_or(&found) != &expected {
                wrong.push(Breach {
                    invariant,
                    what: format!("{path} says {}, not {expected}", reply.text()),
                });
            }
        }
    }
    wrong
}
