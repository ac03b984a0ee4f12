//! What Ordering says no to.

use outgrow::{Unread, Wire};

use crate::{OrderId, OrderStatus, Sku};

/// Why Ordering refused.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum OrderingRefusal {
    /// An order has 1 to 100 lines.
    #[error("an order has 1 to 100 lines, not {lines}")]
    #[wire(1)]
    WrongNumberOfLines {
        /// How many there were.
        #[wire(1)]
        lines: u32,
    },
    /// The catalogue does not have this SKU.
    #[error("{sku} is not in the catalogue")]
    #[wire(2)]
    UnknownSku {
        /// Which SKU.
        #[wire(1)]
        sku: Sku,
        /// In which line, from 0.
        #[wire(2)]
        line: u32,
    },
    /// The lines are priced in different currencies.
    #[error("line {} is priced in {currency}, line 1 in another currency", line.saturating_add(1))]
    #[wire(3)]
    MixedCurrencies {
        /// The first line that differs, from 0.
        #[wire(1)]
        line: u32,
        /// Its currency.
        #[wire(2)]
        currency: outgrow::Currency,
    },
    /// The total is more than can be counted.
    #[error("the total is more than can be counted")]
    #[wire(4)]
    TotalTooLarge,
    /// There is no such order.
    #[error("there is no order {order}")]
    #[wire(5)]
    UnknownOrder {
        /// Which one.
        #[wire(1)]
        order: OrderId,
    },
    /// The order has ended another way.
    #[error("order {order} is {status} and cannot be cancelled")]
    #[wire(6)]
    NotCancellable {
        /// Which one.
        #[wire(1)]
        order: OrderId,
        /// What has become of it.
        #[wire(2)]
        status: OrderStatus,
    },
    /// A page has 1 to 100 orders.
    #[error("a page has 1 to 100 orders, not {limit}")]
    #[wire(7)]
    WrongLimit {
        /// What was asked for.
        #[wire(1)]
        limit: u32,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
