//! Values to test with.

use ordering_contract::{OrderEvent, OrderId, OrderLine, OrderStatus, Quantity, Reason, Sku};
use ordering_core::{Fact, HoldId, Order};
use outgrow::{CommandId, Event as _, Fingerprint, Money, Remembered, event::Mark};
use outgrow_testkit::SequentialIds;
use time::{Duration, OffsetDateTime};

pub(crate) fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub(crate) fn id(number: u64) -> OrderId {
    OrderId(SequentialIds::nth(number))
}

pub(crate) fn euro(amount: i64) -> Money {
    Money { amount, currency: "EUR".parse().unwrap() }
}

/// The order of this number: newer ones have greater numbers.
pub(crate) fn order(number: u64, customer: &str) -> Order {
    let line = |of: &str, quantity: u32, price: i64| OrderLine {
        sku: sku(of),
        quantity: Quantity::try_from(quantity).unwrap(),
        unit_price: euro(price),
    };
    Order {
        id: id(number),
        customer: customer.parse().unwrap(),
        payment_token: "tok_ok".parse().unwrap(),
        lines: vec![line("mug", 2, 1250), line("pot", 1, 3400), line("mug", 1, 1250)],
        total: euro(7150),
        hold: HoldId(SequentialIds::nth(1_000_000 + number)),
        status: OrderStatus::Placed,
        reason: None,
        placed_at: OffsetDateTime::UNIX_EPOCH + Duration::microseconds(1_234_567),
        version: 0,
    }
}

pub(crate) fn answer(key: &str) -> Remembered {
    let command = CommandId {
        principal: String::new(),
        caller: "tests".to_owned(),
        method: "ordering.v1.Ordering/Place".to_owned(),
        key: key.to_owned(),
    };
    let fingerprint = Fingerprint::of(key.as_bytes());
    Remembered { command, fingerprint, refused: false, body: b"\x01".to_vec().into() }
}

pub(crate) fn out_of_stock() -> Reason {
    Reason { code: "out-of-stock".into(), message: "only 1 of mug available".into() }
}

/// When the event of this number happened to an order.
pub(crate) fn at(number: u64) -> OffsetDateTime {
    order(1, "ada").placed_at + Duration::minutes(i64::try_from(number).unwrap() - 1)
}

/// What the event of this number tells of an order: this has become of it.
pub(crate) fn fact(of: &Order, number: u64, status: OrderStatus) -> Fact {
    let (order, customer, total) = (of.id, of.customer.clone(), of.total);
    let event = match status {
        OrderStatus::Placed => OrderEvent::OrderPlaced { order, customer, total },
        OrderStatus::Confirmed => OrderEvent::OrderConfirmed { order, customer, total },
        OrderStatus::Rejected => OrderEvent::OrderRejected { order, customer, reason: out_of_stock() },
        OrderStatus::Cancelled => OrderEvent::OrderCancelled { order, customer },
    };
    Fact::told(event, number, at(number)).unwrap()
}

/// The mark of the event that tells this.
pub(crate) fn mark(fact: &Fact) -> Mark {
    Mark { stream: OrderEvent::STREAM.to_string(), key: fact.order.to_string(), sequence: fact.number }
}
