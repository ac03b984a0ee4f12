//! The history of orders: what has become of each, and since when. For people who look back; nothing is decided by it.
//!
//! It follows from *facts*, each told by an event of our own, and from nothing else; so it can be made anew from them.
//! It lags: between a change and its fact the event is on its way.
//!
//! Of orders from before facts were kept there is one that was *found*: the order as it is, without saying since when.

use std::sync::Arc;

use ordering_contract::{
    Customer, History, HistoryEntry, HistoryQuery, OrderEvent, OrderId, OrderStatus, OrderingRefusal, Reason,
};
use outgrow::{
    Answer, CallError, Money,
    command::Undecided,
    event::{Delivered, Handled},
};
use time::OffsetDateTime;

use crate::{HistoryStore, Order};

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// To which one.
    pub order: OrderId,
    /// The number of its event among those of the order, from 1; 0 if it was found.
    pub number: u64,
    /// Who ordered.
    pub customer: Customer,
    /// What the order is since.
    pub status: OrderStatus,
    /// What it comes to, if that was told.
    pub total: Option<Money>,
    /// Why it was rejected.
    pub reason: Option<Reason>,
    /// When. Of one that was found: when the order was placed.
    pub at: OffsetDateTime,
}

/// What has become of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who ordered.
    pub customer: Customer,
    /// What they see.
    pub shown: HistoryEntry,
    /// The number of the last fact that it follows from.
    pub number: u64,
}

impl Fact {
    /// What an event tells; none of an event that this build does not know.
    pub fn told(event: OrderEvent, number: u64, at: OffsetDateTime) -> Option<Self> {
        let (order, customer, status, total, reason) = match event {
            OrderEvent::OrderPlaced { order, customer, total } => {
                (order, customer, OrderStatus::Placed, Some(total), None)
            }
            OrderEvent::OrderConfirmed { order, customer, total } => {
                (order, customer, OrderStatus::Confirmed, Some(total), None)
            }
            OrderEvent::OrderRejected { order, customer, reason } => {
                (order, customer, OrderStatus::Rejected, None, Some(reason))
            }
            OrderEvent::OrderCancelled { order, customer } => {
                (order, customer, OrderStatus::Cancelled, None, None)
            }
            OrderEvent::Other(_) => return None,
        };
        Some(Self { order, number, customer, status, total, reason, at })
    }

    /// An order that nobody has told us of from its beginning.
    pub fn found(order: &Order) -> Self {
        Self {
            order: order.id,
            number: 0,
            customer: order.customer.clone(),
            status: order.status,
            total: Some(order.total),
            reason: order.reason.clone(),
            at: order.placed_at,
        }
    }

    /// Whether a history can begin with it.
    pub fn begins(&self) -> bool {
        self.number == 0 || self.status == OrderStatus::Placed
    }
}

impl Entry {
    /// What follows from the facts about one order, in the order of their numbers. None as long as its beginning is not
    /// among them.
    pub fn of(facts: &[Fact]) -> Option<Self> {
        let (first, since) = facts.split_first().filter(|(first, _)| first.begins())?;
        let shown = HistoryEntry {
            order: first.order,
            status: first.status,
            total: first.total?,
            placed_at: first.at,
            confirmed_at: None,
            rejected_at: None,
            cancelled_at: None,
            reason: first.reason.clone(),
        };
        let begun = Self { customer: first.customer.clone(), shown, number: first.number };
        Some(since.iter().fold(begun, Self::then))
    }

    fn then(mut self, fact: &Fact) -> Self {
        let Fact { number, status, at, ref reason, .. } = *fact;
        match status {
            OrderStatus::Placed => self.shown.placed_at = at,
            OrderStatus::Confirmed => self.shown.confirmed_at = Some(at),
            OrderStatus::Rejected => self.shown.rejected_at = Some(at),
            OrderStatus::Cancelled => self.shown.cancelled_at = Some(at),
        }
        (self.number, self.shown.status, self.shown.reason) = (number, status, reason.clone());
        self
    }
}

/// Follows what is told of orders.
#[derive(Clone)]
pub struct Chronicle(Arc<dyn HistoryStore>);

impl std::fmt::Debug for Chronicle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chronicle")
    }
}

impl Chronicle {
    /// The one that is kept there.
    pub fn new(history: Arc<dyn HistoryStore>) -> Self {
        Self(history)
    }

    /// Hears what happened to an order: keeps that, and what follows from it, with the mark of the event.
    ///
    /// # Errors
    /// When it could not be kept, or perhaps not; and when others were first.
    pub async fn hear(&self, told: Delivered<OrderEvent>) -> Result<Handled, Undecided> {
        let Delivered { event, at, mark, .. } = told;
        let Some(fact) = Fact::told(event, mark.sequence, at) else { return Ok(Handled::Ignored) };
        self.0.keep(fact, mark).await?;
        Ok(Handled::Marked)
    }

    /// A page of it.
    pub(crate) async fn page(&self, request: HistoryQuery) -> Answer<History, OrderingRefusal> {
        let HistoryQuery { customer, after, limit } = request;
        if !(1..=100).contains(&limit) {
            return Err(CallError::Refused(OrderingRefusal::WrongLimit { limit }));
        }
        // One more than asked for tells whether there is a next page.
        let mut entries = self.0.history_of(&customer, after, limit + 1).await?;
        let more = entries.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            entries.pop();
        }
        let next = if more { entries.last().map(|entry| entry.shown.order) } else { None };
        Ok(History { items: entries.into_iter().map(|entry| entry.shown).collect(), next })
    }
}
