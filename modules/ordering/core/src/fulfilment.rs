//! What happens to an order after it was placed: one step at a time, each of which can be repeated.
//!
//! A step asks another module under an id that was decided with the order, then keeps the outcome in a transaction of
//! its own. Whoever dies in between leaves the order open, and the next round carries on: the same question gets the
//! same answer. If the order was cancelled meanwhile, its version has moved on, the outcome is not kept, and the step
//! that is due now (giving back) undoes it. An outcome that is not kept is not told either.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ordering_contract::OrderId;
use outgrow::{CallContext, Clock, CommitError, IdGen, IdempotencyKey, Outgoing, StoreError, WireError};

use crate::{Change, Order, OrderStore, Step, Stock, Unavailable};

/// How long one question to another module may take.
const BUDGET: Duration = Duration::from_secs(5);

/// How many open orders one round looks at.
const ROUND: u32 = 256;

/// How many reasons to wait are told apart: more at once are not told.
const REASONS: usize = 16;

/// Carries open orders on.
#[derive(Clone)]
pub struct Fulfilment {
    orders: Arc<dyn OrderStore>,
    stock: Arc<dyn Stock>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    /// The last order of the round before: the next begins behind it, so that orders which cannot move do not keep
    /// the others from their turn.
    last: Arc<Mutex<Option<OrderId>>>,
    /// Why orders wait; empty once none does.
    said: Arc<Mutex<BTreeSet<String>>>,
}

impl std::fmt::Debug for Fulfilment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fulfilment")
    }
}

/// Why a step is still to be done.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// Another module did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The order could not be read.
    #[error("the order could not be read")]
    Read(#[from] StoreError),
    /// What happened cannot be told.
    #[error("the outcome cannot be told")]
    Untold(#[from] WireError),
    /// The outcome was not kept, or perhaps not.
    #[error("the outcome could not be kept")]
    Commit(#[source] CommitError),
}

impl Fulfilment {
    /// Carries on the orders of this store, with goods of this stock.
    pub fn new(
        orders: Arc<dyn OrderStore>,
        stock: Arc<dyn Stock>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Self {
        Self { orders, stock, clock, ids, last: Arc::default(), said: Arc::default() }
    }

    /// The orders to carry on now: round after round, each open one has its turn.
    pub async fn due(&self) -> Vec<OrderId> {
        match self.round().await {
            Ok(round) => round,
            Err(error) => {
                tracing::warn!(%error, source = ?std::error::Error::source(&error), "open orders could not be read");
                Vec::new()
            }
        }
    }

    async fn round(&self) -> Result<Vec<OrderId>, StoreError> {
        let after = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut round = self.orders.open(after, ROUND).await?;
        if round.is_empty() && after.is_some() {
            round = self.orders.open(None, ROUND).await?;
        }
        if round.is_empty() {
            self.said.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = round.last().copied();
        Ok(round)
    }

    /// Carries one order on as far as it goes. False if it is still open.
    pub async fn carry_on(&self, id: OrderId) -> bool {
        loop {
            match self.step(id).await {
                Ok(true) => {}
                Ok(false) => return true,
                Err(unfinished) => {
                    self.say(id, &unfinished);
                    return false;
                }
            }
        }
    }

    /// Says why an order waits, once for all that wait for the same reason: what is away is away for each of them.
    fn say(&self, order: OrderId, unfinished: &Unfinished) {
        let why = unfinished.to_string();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < REASONS && said.insert(why) {
            tracing::warn!(%order, %unfinished, "an order waits; others that wait for the same are not named");
        } else {
            tracing::debug!(%order, %unfinished, "an order waits");
        }
    }

    /// Takes the next step of an order, if there is one. False if none is left.
    async fn step(&self, id: OrderId) -> Result<bool, Unfinished> {
        let Some(order) = self.orders.order(id).await? else { return Ok(false) };
        let cx = context(&order);
        let (next, event) = match order.next_step() {
            None => return Ok(false),
            Some(Step::Hold) => {
                let outcome = self.stock.hold(&cx, order.hold, &order.lines).await?;
                let (next, event) = order.held(outcome);
                (next, Some(event))
            }
            Some(Step::GiveBack) => {
                self.stock.give_back(&cx, order.hold).await?;
                (order.given_back(), None)
            }
        };
        let left = next.next_step().is_some();
        let told =
            event.map(|event| Outgoing::of(&event, self.ids.uuid(), self.clock.now(), &cx)).transpose()?;
        let events = told.into_iter().collect();
        match self.orders.commit(Change { order: Some(next), events, answer: None }).await {
            Ok(()) => Ok(left),
            // Changed meanwhile: look at what is due now.
            Err(CommitError::Conflict) => Ok(true),
            Err(error @ (CommitError::NotCommitted(_) | CommitError::InDoubt(_))) => {
                Err(Unfinished::Commit(error))
            }
        }
    }
}

/// The context of a step: caused by the order, under the key of its hold, so that a repeated step is the same command.
fn context(order: &Order) -> CallContext {
    CallContext::new("ordering", order.id.0)
        .caused_by(order.id.0)
        .with_key(IdempotencyKey::from(order.hold.0))
        .within(BUDGET)
}
