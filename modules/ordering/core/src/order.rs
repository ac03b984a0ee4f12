//! The order: its states and what leads from one to the next.
//!
//! ```text
//! placed ──► confirmed ──► cancelled
//!   │  └───► rejected          ▲
//!   └──────────────────────────┘
//! ```
//!
//! What else is done for it, and taken back, is the business of its [fulfilment](crate::fulfilment).
//!
//! Each change of its status yields the event that tells of it.

use ordering_contract::{
    Customer, Order as Shown, OrderEvent, OrderId, OrderLine, OrderStatus, OrderingRefusal, PaymentToken,
    Reason,
};
use outgrow::Money;
use time::OffsetDateTime;

use crate::HoldId;

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Which one.
    pub id: OrderId,
    /// Who ordered.
    pub customer: Customer,
    /// How it will be paid.
    pub payment_token: PaymentToken,
    /// What was ordered, at which prices.
    pub lines: Vec<OrderLine>,
    /// The sum of its lines.
    pub total: Money,
    /// The hold on its goods, made or not: decided with the order, so that asking again is asking for the same.
    pub hold: HoldId,
    /// What has become of it.
    pub status: OrderStatus,
    /// Why it was rejected.
    pub reason: Option<Reason>,
    /// When it was placed.
    pub placed_at: OffsetDateTime,
    /// How often it had been changed when it was read: 0 if it is new.
    pub version: u32,
}

impl Order {
    /// What others may know of it.
    pub fn shown(&self) -> Shown {
        Shown {
            id: self.id,
            customer: self.customer.clone(),
            status: self.status,
            lines: self.lines.clone(),
            total: self.total,
            reason: self.reason.clone(),
            placed_at: self.placed_at,
        }
    }

    /// All is done: it is confirmed. None unless it waits for that.
    pub fn confirm(self) -> Option<(Self, OrderEvent)> {
        let event =
            OrderEvent::OrderConfirmed { order: self.id, customer: self.customer.clone(), total: self.total };
        self.waits().then_some((Self { status: OrderStatus::Confirmed, ..self }, event))
    }

    /// It cannot be fulfilled. None unless it waits for that.
    pub fn reject(self, reason: Reason) -> Option<(Self, OrderEvent)> {
        let (order, customer) = (self.id, self.customer.clone());
        let event = OrderEvent::OrderRejected { order, customer, reason: reason.clone() };
        self.waits().then_some((Self { status: OrderStatus::Rejected, reason: Some(reason), ..self }, event))
    }

    fn waits(&self) -> bool {
        self.status == OrderStatus::Placed
    }

    /// Calls it off. None if it was before.
    ///
    /// # Errors
    /// When it was rejected.
    pub fn cancel(self) -> Result<Option<(Self, OrderEvent)>, OrderingRefusal> {
        match self.status {
            OrderStatus::Placed | OrderStatus::Confirmed => {
                let event = OrderEvent::OrderCancelled { order: self.id, customer: self.customer.clone() };
                Ok(Some((Self { status: OrderStatus::Cancelled, ..self }, event)))
            }
            OrderStatus::Cancelled => Ok(None),
            OrderStatus::Rejected => {
                Err(OrderingRefusal::NotCancellable { order: self.id, status: self.status })
            }
        }
    }
}
