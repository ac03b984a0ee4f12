//! The order: its states and what leads from one to the next.
//!
//! ```text
//! placed ──► confirmed ──► cancelled
//!   │  └───► rejected          ▲
//!   └──────────────────────────┘
//! ```
//!
//! An order is *open* while something is still to be done for it: its goods are to be held, or to be given back.
//!
//! Each change of its status yields the event that tells of it; giving goods back is nobody else's business.

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
    /// Whether its goods are still to be given back.
    pub to_give_back: bool,
    /// What has become of it.
    pub status: OrderStatus,
    /// Why it was rejected.
    pub reason: Option<Reason>,
    /// When it was placed.
    pub placed_at: OffsetDateTime,
    /// How often it had been changed when it was read: 0 if it is new.
    pub version: u32,
}

/// What is to be done next for an open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Hold its goods.
    Hold,
    /// Give its goods back, held or not.
    GiveBack,
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

    /// What is to be done next, if anything.
    pub fn next_step(&self) -> Option<Step> {
        match self.status {
            OrderStatus::Placed => Some(Step::Hold),
            OrderStatus::Cancelled if self.to_give_back => Some(Step::GiveBack),
            OrderStatus::Confirmed | OrderStatus::Rejected | OrderStatus::Cancelled => None,
        }
    }

    /// Its goods are held, or cannot be: it is confirmed or rejected. Only a placed order is.
    #[must_use]
    pub fn held(self, outcome: Result<(), Reason>) -> (Self, OrderEvent) {
        let (order, customer, total) = (self.id, self.customer.clone(), self.total);
        match outcome {
            Ok(()) => {
                let confirmed = Self { status: OrderStatus::Confirmed, ..self };
                (confirmed, OrderEvent::OrderConfirmed { order, customer, total })
            }
            Err(reason) => {
                let event = OrderEvent::OrderRejected { order, customer, reason: reason.clone() };
                (Self { status: OrderStatus::Rejected, reason: Some(reason), ..self }, event)
            }
        }
    }

    /// Its goods are given back.
    #[must_use]
    pub fn given_back(self) -> Self {
        Self { to_give_back: false, ..self }
    }

    /// Calls it off. None if it was before.
    ///
    /// # Errors
    /// When it was rejected.
    pub fn cancel(self) -> Result<Option<(Self, OrderEvent)>, OrderingRefusal> {
        match self.status {
            OrderStatus::Placed | OrderStatus::Confirmed => {
                let event = OrderEvent::OrderCancelled { order: self.id, customer: self.customer.clone() };
                Ok(Some((Self { status: OrderStatus::Cancelled, to_give_back: true, ..self }, event)))
            }
            OrderStatus::Cancelled => Ok(None),
            OrderStatus::Rejected => {
                Err(OrderingRefusal::NotCancellable { order: self.id, status: self.status })
            }
        }
    }
}
