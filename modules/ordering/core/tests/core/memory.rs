//! A store that keeps orders and what is told of them in memory, and fails on demand; and one that keeps their history.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use ordering_contract::{Customer, OrderEvent, OrderId, OrderStatus};
use ordering_core::{Change, Entry, FULFILMENT, Fact, HistoryStore, Order, OrderStore};
use outgrow::{
    Answers, CallContext, CommitError, Event as _, Outgoing, StoreError,
    event::Mark,
    saga::{Transition, Why},
};
use outgrow_testkit::{MemoryAnswers, MemorySagas};
use tokio::{sync::Notify, time::timeout};

#[derive(Default)]
pub(crate) struct MemoryOrderStore {
    kept: Mutex<Kept>,
    answers: MemoryAnswers,
    pub(crate) sagas: MemorySagas,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Failure>>,
    /// For how long each outcome was waited for.
    pub(crate) waited: Mutex<Vec<Duration>>,
    /// Something was kept.
    news: Notify,
}

#[derive(Default)]
struct Kept {
    orders: BTreeMap<OrderId, Order>,
    events: Vec<Outgoing>,
}

/// How a commit fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is committed.
    NotCommitted,
    /// It is committed, but the answer is lost.
    InDoubt,
    /// Somebody else cancels the order first.
    Overtaken,
}

impl MemoryOrderStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// What was told, oldest first.
    pub(crate) fn told(&self) -> Vec<OrderEvent> {
        let read = |event: &Outgoing| OrderEvent::from_json(&event.kind, &event.data).unwrap().unwrap();
        self.kept().events.iter().map(read).collect()
    }

    /// The same, as it is to be published.
    pub(crate) fn events(&self) -> Vec<Outgoing> {
        self.kept().events.clone()
    }

    fn keep(&self, change: Change) -> Result<(), CommitError> {
        let Change { order, events, saga, answer } = change;
        let mut kept = self.kept();
        let version = |order: &Order| kept.orders.get(&order.id).map_or(0, |kept| kept.version);
        if order.as_ref().is_some_and(|order| version(order) != order.version) {
            return Err(CommitError::Conflict);
        }
        saga.as_ref().map_or(Ok(()), |transition| self.sagas.check(transition))?;
        answer.map_or(Ok(()), |answer| self.answers.remember(answer))?;
        saga.map_or(Ok(None), |transition| self.sagas.advance(&transition))?;
        kept.orders.extend(order.map(|order| (order.id, Order { version: order.version + 1, ..order })));
        kept.events.extend(events);
        self.news.notify_waiters();
        Ok(())
    }
}

#[async_trait]
impl OrderStore for MemoryOrderStore {
    fn answers(&self) -> &dyn Answers {
        &self.answers
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.kept().orders.get(&id).cloned())
    }

    async fn outcome(&self, id: OrderId, within: Duration) -> Result<Option<Order>, StoreError> {
        self.waited.lock().unwrap().push(within);
        let ended = async {
            loop {
                let news = self.news.notified();
                let order = self.order(id).await?;
                if order.as_ref().is_none_or(|order| order.status != OrderStatus::Placed) {
                    return Ok(order);
                }
                news.await;
            }
        };
        match timeout(within, ended).await {
            Ok(ended) => ended,
            Err(_) => self.order(id).await,
        }
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

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let failure = self.commits_fail.lock().unwrap().pop_front();
        match failure {
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::Overtaken) => {
                let id = change.order.as_ref().expect("an order is changed").id;
                let read = self.kept().orders[&id].clone();
                let (order, event) = read.cancel().unwrap().expect("it was not cancelled before");
                let told =
                    Outgoing::of(&event, id.0, order.placed_at, &CallContext::new("tests", id.0)).unwrap();
                let off = Transition::called_off(&FULFILMENT, id.0, Why::new("cancelled", "meanwhile"));
                self.keep(Change { order: Some(order), events: vec![told], saga: Some(off), answer: None })?;
                self.keep(change)
            }
            Some(Failure::InDoubt) => {
                self.keep(change)?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
            None => self.keep(change),
        }
    }
}

/// A store that keeps the history of orders in memory.
#[derive(Default)]
pub(crate) struct MemoryHistoryStore(Mutex<BTreeMap<OrderId, Past>>);

/// The facts about an order, and how far its events are handled.
#[derive(Default)]
struct Past {
    facts: BTreeMap<u64, Fact>,
    handled: u64,
}

#[async_trait]
impl HistoryStore for MemoryHistoryStore {
    async fn keep(&self, fact: Fact, mark: Mark) -> Result<(), CommitError> {
        let mut kept = self.0.lock().unwrap();
        let past = kept.entry(fact.order).or_default();
        if mark.sequence <= past.handled {
            return Err(CommitError::Conflict);
        }
        past.handled = mark.sequence;
        past.facts.entry(fact.number).or_insert(fact);
        Ok(())
    }

    async fn history_of(
        &self,
        customer: &Customer,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let kept = self.0.lock().unwrap();
        let before = kept.iter().rev().filter(|(order, _)| after.is_none_or(|after| **order < after));
        let entries =
            before.filter_map(|(_, past)| Entry::of(&past.facts.values().cloned().collect::<Vec<_>>()));
        let theirs = entries.filter(|entry| entry.customer == *customer);
        Ok(theirs.take(usize::try_from(limit).unwrap()).collect())
    }
}
