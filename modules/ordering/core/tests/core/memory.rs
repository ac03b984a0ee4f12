//! A store that keeps orders in memory, and fails on demand.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use ordering_contract::{Customer, OrderId};
use ordering_core::{Change, Order, OrderStore};
use outgrow::{Answers, CommitError, StoreError};
use outgrow_testkit::MemoryAnswers;

#[derive(Default)]
pub(crate) struct MemoryOrderStore {
    kept: Mutex<Kept>,
    answers: MemoryAnswers,
    /// How often an order was read.
    pub(crate) reads: AtomicU32,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Failure>>,
}

#[derive(Default)]
struct Kept {
    orders: BTreeMap<OrderId, Order>,
}

/// How a commit fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is committed.
    NotCommitted,
    /// It is committed, but the answer is lost.
    InDoubt,
}

impl MemoryOrderStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    fn keep(&self, change: Change) -> Result<(), CommitError> {
        let Change { order, answer } = change;
        let mut kept = self.kept();
        let version = |order: &Order| kept.orders.get(&order.id).map_or(0, |kept| kept.version);
        if order.as_ref().is_some_and(|order| version(order) != order.version) {
            return Err(CommitError::Conflict);
        }
        answer.map_or(Ok(()), |answer| self.answers.remember(answer))?;
        kept.orders.extend(order.map(|order| (order.id, Order { version: order.version + 1, ..order })));
        Ok(())
    }
}

#[async_trait]
impl OrderStore for MemoryOrderStore {
    fn answers(&self) -> &dyn Answers {
        &self.answers
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(self.kept().orders.get(&id).cloned())
    }

    async fn orders_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let kept = self.kept();
        let theirs = kept.orders.values().rev().filter(|order| order.customer == *customer);
        let theirs = theirs.filter(|order| after.is_none_or(|after| order.id < after));
        Ok(theirs.take(usize::try_from(limit).unwrap()).cloned().collect())
    }

    async fn open(&self, after: Option<OrderId>, limit: u32) -> Result<Vec<OrderId>, StoreError> {
        let kept = self.kept();
        let open = kept.orders.values().filter(|order| order.next_step().is_some());
        let open = open.filter(|order| after.is_none_or(|after| order.id > after));
        Ok(open.take(usize::try_from(limit).unwrap()).map(|order| order.id).collect())
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let failure = self.commits_fail.lock().unwrap().pop_front();
        match failure {
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::InDoubt) => {
                self.keep(change)?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
            None => self.keep(change),
        }
    }
}
