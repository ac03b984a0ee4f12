//! A store that keeps stock in memory, loses races on demand and fails on demand; and Inventory kept by it.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use inventory_contract::{
    Inventory as _, InventoryRefusal, ReceiveStock, ReleaseStock, Reservation, ReservationId, ReserveStock,
    ShipStock, Sku, StockLevel, StockLine, StockQuery,
};
use inventory_core::{Change, Hold, Item, StockStore, Stockroom};
use outgrow::{Answer, Answers, CallContext, CommitError, StoreError};
use outgrow_testkit::{MemoryAnswers, SequentialIds};

use crate::sample::{line, reservation, sku};

#[derive(Default)]
pub(crate) struct MemoryStockStore {
    kept: Mutex<Kept>,
    answers: MemoryAnswers,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Failure>>,
}

#[derive(Default)]
struct Kept {
    items: BTreeMap<Sku, Item>,
    holds: HashMap<ReservationId, Hold>,
}

/// How a commit fails.
pub(crate) enum Failure {
    /// Somebody else commits this first.
    Overtaken(Box<Change>),
    /// Nothing is committed.
    NotCommitted,
    /// It is committed, but the answer is lost.
    InDoubt,
}

impl MemoryStockStore {
    /// One that cannot be read.
    pub(crate) fn unreadable() -> Self {
        Self { answers: MemoryAnswers::unreadable(), ..Self::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
}

#[async_trait]
impl StockStore for MemoryStockStore {
    fn answers(&self) -> &dyn Answers {
        &self.answers
    }

    async fn items(&self, skus: &[Sku]) -> Result<Vec<Item>, StoreError> {
        tokio::task::yield_now().await; // so that commands at once meet each other
        self.answers.readable()?;
        let kept = self.kept();
        Ok(kept.items.values().filter(|item| skus.contains(item.sku())).cloned().collect())
    }

    async fn hold(&self, id: ReservationId) -> Result<Option<Hold>, StoreError> {
        self.answers.readable()?;
        Ok(self.kept().holds.get(&id).cloned())
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        match self.commits_fail.lock().unwrap().pop_front() {
            None => self.kept().commit(change, &self.answers),
            Some(Failure::Overtaken(by)) => {
                let mut kept = self.kept();
                kept.commit(*by, &self.answers).unwrap();
                kept.commit(change, &self.answers)
            }
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::InDoubt) => {
                self.kept().commit(change, &self.answers)?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
        }
    }
}

impl Kept {
    fn commit(&mut self, change: Change, answers: &MemoryAnswers) -> Result<(), CommitError> {
        let Change { items, hold, answer } = change;
        let stale =
            items.iter().any(|item| self.items.get(item.sku()).map_or(0, Item::version) != item.version())
                || hold.as_ref().is_some_and(|hold| {
                    self.holds.get(&hold.id).map_or(0, |kept| kept.version) != hold.version
                });
        if stale {
            return Err(CommitError::Conflict);
        }
        answers.remember(answer)?;
        for item in items {
            let StockLevel { sku, on_hand, reserved, .. } = item.level();
            self.items.insert(sku.clone(), Item::kept(sku, on_hand, reserved, item.version() + 1));
        }
        if let Some(hold) = hold {
            self.holds.insert(hold.id, Hold { version: hold.version + 1, ..hold });
        }
        Ok(())
    }
}

/// Inventory, with requests in short.
pub(crate) struct Shop {
    pub(crate) store: Arc<MemoryStockStore>,
    pub(crate) inventory: Stockroom,
}

impl Shop {
    pub(crate) fn on(store: MemoryStockStore) -> Self {
        let store = Arc::new(store);
        Self { inventory: Stockroom::new(Arc::<MemoryStockStore>::clone(&store)), store }
    }

    /// One that has received these goods.
    pub(crate) async fn with(goods: &[(&str, u32)]) -> Self {
        let shop = Self::on(MemoryStockStore::default());
        for (of, quantity) in goods {
            shop.receive(&format!("goods-{of}"), of, *quantity).await.unwrap();
        }
        shop
    }

    pub(crate) async fn receive(
        &self,
        key: &str,
        of: &str,
        quantity: u32,
    ) -> Answer<StockLevel, InventoryRefusal> {
        let StockLine { sku, quantity } = line(of, quantity);
        self.inventory.receive(&keyed(key), ReceiveStock { sku, quantity }).await
    }

    pub(crate) async fn reserve(
        &self,
        key: &str,
        number: u64,
        lines: &[(&str, u32)],
    ) -> Answer<Reservation, InventoryRefusal> {
        let lines = lines.iter().map(|(of, quantity)| line(of, *quantity)).collect();
        self.inventory.reserve(&keyed(key), ReserveStock { reservation: reservation(number), lines }).await
    }

    pub(crate) async fn release(&self, key: &str, number: u64) -> Answer<Reservation, InventoryRefusal> {
        self.inventory.release(&keyed(key), ReleaseStock { reservation: reservation(number) }).await
    }

    pub(crate) async fn ship(&self, key: &str, number: u64) -> Answer<Reservation, InventoryRefusal> {
        self.inventory.ship(&keyed(key), ShipStock { reservation: reservation(number) }).await
    }

    pub(crate) async fn stock(&self, of: &str) -> Answer<StockLevel, InventoryRefusal> {
        self.inventory.stock(&cx(), StockQuery { sku: sku(of) }).await
    }
}

/// A call without a key.
pub(crate) fn cx() -> CallContext {
    CallContext::new("tests", SequentialIds::nth(1))
}

/// A call under this key.
pub(crate) fn keyed(key: &str) -> CallContext {
    cx().with_key(key.parse().unwrap())
}
