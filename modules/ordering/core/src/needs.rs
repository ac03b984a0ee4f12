//! What Ordering wants from outside, in its own words.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use ordering_contract::{Customer, OrderId, OrderLine, Reason, Sku};
use outgrow::{
    Answers, CallContext, Cause, CauseKind, CommitError, Money, Outgoing, Remembered, StoreError,
    command::Undecided, event::Mark, saga::Transition,
};

use crate::{Entry, Fact, Order};

outgrow::id! {
    /// Names the hold on the goods of one order.
    pub struct HoldId;
}

/// Keeps orders.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// What commands were answered before.
    fn answers(&self) -> &dyn Answers;

    /// One order.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// One order once it is no longer placed, or as it is after `within`; sooner where too many wait already. To stop
    /// waiting, drop it.
    async fn outcome(&self, id: OrderId, within: Duration) -> Result<Option<Order>, StoreError>;

    /// At most `limit` orders of a customer, newest first, from before `after`.
    async fn orders_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError>;

    /// Keeps a change whole, or nothing of it: [`CommitError::Conflict`] when the order is no longer at the version it
    /// was read at, its saga not where that was decided, or the command was answered meanwhile.
    async fn commit(&self, change: Change) -> Result<(), CommitError>;
}

/// What one command or step changed, what is told of it, and what a command was answered: one transaction.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The order it made or changed, with the version it was read at.
    pub order: Option<Order>,
    /// What is to be told of that.
    pub events: Vec<Outgoing>,
    /// How its fulfilment goes on.
    pub saga: Option<Transition>,
    /// What the command was answered; none for a step of fulfilment.
    pub answer: Option<Remembered>,
}

/// Keeps the history of orders: facts, and what follows from them.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Keeps a fact and what now follows from all facts about its order, and that the event that told it was handled;
    /// all or nothing: [`CommitError::Conflict`] when that event was handled before.
    async fn keep(&self, fact: Fact, mark: Mark) -> Result<(), CommitError>;

    /// What has become of at most `limit` orders of a customer, newest first, from before `after`.
    async fn history_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError>;
}

/// Knows what things cost.
#[async_trait]
pub trait PriceList: Send + Sync {
    /// The price of each of these SKUs; those it does not have are missing.
    async fn prices(&self, cx: &CallContext, skus: &[Sku]) -> Result<BTreeMap<Sku, Money>, Unavailable>;
}

/// Holds goods.
#[async_trait]
pub trait Stock: Send + Sync {
    /// Holds the goods of an order, all or none; `Ok(Err(…))` says why it cannot. Asking again for the same hold
    /// changes nothing.
    async fn hold(
        &self,
        cx: &CallContext,
        hold: HoldId,
        lines: &[OrderLine],
    ) -> Result<Result<(), Reason>, Unavailable>;

    /// Sends held goods off; `Ok(Err(…))` says why it cannot. Asking again changes nothing.
    async fn ship(&self, cx: &CallContext, hold: HoldId) -> Result<Result<(), Reason>, Unavailable>;

    /// Gives held goods back, shipped or not; `Ok(Err(…))` says why that cannot be. A hold that was not made yet cannot
    /// be made any more.
    async fn give_back(&self, cx: &CallContext, hold: HoldId) -> Result<Result<(), Reason>, Unavailable>;
}

/// Takes money.
#[async_trait]
pub trait Till: Send + Sync {
    /// Sets the total of an order aside; `Ok(Err(…))` says why it cannot. Asking again changes nothing.
    async fn authorize(&self, cx: &CallContext, order: &Order) -> Result<Result<(), Reason>, Unavailable>;

    /// Takes what was set aside for an order; `Ok(Err(…))` says why it cannot. Asking again changes nothing.
    async fn capture(&self, cx: &CallContext, order: &Order) -> Result<Result<(), Reason>, Unavailable>;

    /// Gives the money of an order back, taken or set aside; `Ok(Err(…))` says why that cannot be. For an order of which
    /// nothing was set aside yet, nothing can be any more.
    async fn give_back(&self, cx: &CallContext, order: OrderId) -> Result<Result<(), Reason>, Unavailable>;
}

/// Somebody we need did not do their part. Nothing is known about why that would help us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{who} is not available: {why}")]
pub struct Unavailable {
    /// Who, in our words.
    pub who: &'static str,
    /// What they said.
    pub why: String,
}

impl From<Unavailable> for Undecided {
    fn from(error: Unavailable) -> Self {
        Self::NotExecuted(Cause::new(CauseKind::Dependency, error.to_string()))
    }
}
