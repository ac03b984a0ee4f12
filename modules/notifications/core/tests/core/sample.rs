//! Values to test with.

use notifications_contract::{MessageId, OrderId};
use notifications_core::{Message, News, Notice};
use outgrow::{Money, event::Mark};
use outgrow_testkit::SequentialIds;
use time::{Duration, OffsetDateTime};

pub(crate) fn id(number: u64) -> MessageId {
    MessageId(SequentialIds::nth(number))
}

pub(crate) fn order(number: u64) -> OrderId {
    OrderId(SequentialIds::nth(1_000_000 + number))
}

/// So many microseconds after the beginning of time.
pub(crate) fn at(micros: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::microseconds(micros)
}

pub(crate) fn confirmed() -> News {
    News::Confirmed { total: Money { amount: 1250, currency: "EUR".parse().unwrap() } }
}

pub(crate) fn notice(of: u64, news: News) -> Notice {
    Notice { order: order(of), to: "ada".parse().unwrap(), news }
}

/// The message of this number, about an order: later ones have greater numbers.
pub(crate) fn message(number: u64, of: u64, news: News) -> Message {
    Message::of(id(number), notice(of, news), at(i64::try_from(number).unwrap()))
}

/// The mark of an event about an order.
pub(crate) fn mark(of: u64, sequence: u64) -> Mark {
    Mark { stream: "ordering.v1.OrderEvent".to_owned(), key: order(of).to_string(), sequence }
}
