//! What happens to orders, told to whoever listens.

use outgrow::{Event, Money, Unread, Wire};

use crate::{Customer, OrderId, Reason};

/// What happens to an order: first it is placed, then each change of its status, once, in the order of the changes.
#[derive(Clone, Debug, PartialEq, Eq, Wire, Event)]
#[event("ordering.v1", key = "order")]
pub enum OrderEvent {
    /// It was taken, at the prices of that moment.
    #[wire(1)]
    OrderPlaced {
        /// Which one.
        #[wire(1)]
        order: OrderId,
        /// Who ordered.
        #[wire(2)]
        customer: Customer,
        /// The sum of its lines.
        #[wire(3)]
        total: Money,
    },
    /// It is paid, and its goods have left.
    #[wire(2)]
    OrderConfirmed {
        /// Which one.
        #[wire(1)]
        order: OrderId,
        /// Who ordered.
        #[wire(2)]
        customer: Customer,
        /// The sum of its lines.
        #[wire(3)]
        total: Money,
    },
    /// It could not be fulfilled.
    #[wire(3)]
    OrderRejected {
        /// Which one.
        #[wire(1)]
        order: OrderId,
        /// Who ordered.
        #[wire(2)]
        customer: Customer,
        /// Why.
        #[wire(3)]
        reason: Reason,
    },
    /// It was called off.
    #[wire(4)]
    OrderCancelled {
        /// Which one.
        #[wire(1)]
        order: OrderId,
        /// Who ordered.
        #[wire(2)]
        customer: Customer,
    },
    /// An event of a newer version.
    #[wire(other)]
    Other(Unread),
}
