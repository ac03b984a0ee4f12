//! Ordering with a price list and a stock that do as they are told.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering as Atomic},
    },
};

use async_trait::async_trait;
use ordering_contract::{
    CancelOrder, Line, Order, OrderId, OrderLine, OrderQuery, Ordering as _, OrderingRefusal, PlaceOrder,
    Quantity, Reason, Sku,
};
use ordering_core::{Fulfilment, HoldId, PriceList, Sales, Stock, Unavailable};
use outgrow::{Answer, CallContext, Money};
use outgrow_testkit::{FixedClock, SequentialIds};

use crate::{
    memory::MemoryOrderStore,
    sample::{euro, sku},
};

/// Ordering and everything around it.
pub(crate) struct Shop {
    pub(crate) store: Arc<MemoryOrderStore>,
    pub(crate) prices: Arc<Prices>,
    pub(crate) stock: Arc<Shelf>,
    pub(crate) nudges: Arc<AtomicUsize>,
    pub(crate) sales: Sales,
    pub(crate) fulfilment: Fulfilment,
}

impl Shop {
    /// Sells mugs, pots, and something in dollars; has five of each.
    pub(crate) fn new() -> Self {
        let (store, prices) = (Arc::new(MemoryOrderStore::default()), Arc::new(Prices::default()));
        let (stock, nudges) = (Arc::new(Shelf::default()), Arc::new(AtomicUsize::new(0)));
        let nudged = nudges.clone();
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        let nudge = move || {
            nudged.fetch_add(1, Atomic::SeqCst);
        };
        let fulfilment = Fulfilment::new(store.clone(), stock.clone(), clock.clone(), ids.clone());
        let sales = Sales::new(store.clone(), prices.clone(), clock, ids, nudge);
        Self { store, prices, stock, nudges, sales, fulfilment }
    }

    pub(crate) async fn place(&self, key: &str, lines: &[(&str, u32)]) -> Answer<Order, OrderingRefusal> {
        self.sales.place(&cx(key), request(lines)).await
    }

    /// An order of one mug.
    pub(crate) async fn placed(&self) -> OrderId {
        self.place("place", &[("mug", 1)]).await.unwrap().id
    }

    pub(crate) async fn cancel(&self, key: &str, order: OrderId) -> Answer<Order, OrderingRefusal> {
        self.sales.cancel(&cx(key), CancelOrder { order }).await
    }

    pub(crate) async fn order(&self, order: OrderId) -> Order {
        self.sales.order(&cx("any"), OrderQuery { order }).await.unwrap()
    }
}

pub(crate) fn cx(key: &str) -> CallContext {
    CallContext::new("tests", SequentialIds::nth(7)).with_key(key.parse().unwrap())
}

fn request(lines: &[(&str, u32)]) -> PlaceOrder {
    let line = |(of, quantity): &(&str, u32)| Line {
        sku: sku(of),
        quantity: Quantity::try_from(*quantity).unwrap(),
    };
    PlaceOrder {
        customer: "ada".parse().unwrap(),
        lines: lines.iter().map(line).collect(),
        payment_token: "tok_ok".parse().unwrap(),
    }
}

/// A price list that can be away.
#[derive(Default)]
pub(crate) struct Prices {
    pub(crate) away: Mutex<bool>,
}

#[async_trait]
impl PriceList for Prices {
    async fn prices(&self, _cx: &CallContext, skus: &[Sku]) -> Result<BTreeMap<Sku, Money>, Unavailable> {
        if *self.away.lock().unwrap() {
            return Err(away("the catalogue"));
        }
        let all = [
            ("mug", euro(1250)),
            ("pot", euro(i64::MAX)),
            ("usd", Money { amount: 1, currency: "USD".parse().unwrap() }),
        ];
        Ok(all.into_iter().map(|(of, price)| (sku(of), price)).filter(|(of, _)| skus.contains(of)).collect())
    }
}

fn away(who: &'static str) -> Unavailable {
    Unavailable { who, why: "planted".to_owned() }
}

/// A stock of five mugs that can be away, or answer and lose the answer.
#[derive(Default)]
pub(crate) struct Shelf {
    held: Mutex<HashMap<HoldId, u32>>,
    given_back: Mutex<HashSet<HoldId>>,
    /// What happens to the next questions.
    pub(crate) script: Mutex<VecDeque<Fate>>,
    pub(crate) asked: AtomicUsize,
}

/// What happens to a question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It does not arrive.
    Away,
    /// It is done, but the answer is lost.
    Lost,
}

impl Shelf {
    /// How many mugs are held.
    pub(crate) fn held(&self) -> u32 {
        self.held.lock().unwrap().values().sum()
    }

    fn fate(&self) -> Option<Fate> {
        self.asked.fetch_add(1, Atomic::SeqCst);
        self.script.lock().unwrap().pop_front()
    }

    fn ask<T>(&self, work: impl FnOnce() -> T) -> Result<T, Unavailable> {
        let fate = self.fate();
        if fate == Some(Fate::Away) {
            return Err(away("stock"));
        }
        let answer = work();
        if fate == Some(Fate::Lost) { Err(away("stock")) } else { Ok(answer) }
    }
}

#[async_trait]
impl Stock for Shelf {
    async fn hold(
        &self,
        _cx: &CallContext,
        hold: HoldId,
        lines: &[OrderLine],
    ) -> Result<Result<(), Reason>, Unavailable> {
        self.ask(|| {
            let quantity: u32 = lines.iter().map(|line| line.quantity.get()).sum();
            let refused = |code: &str| Err(Reason { code: code.to_owned(), message: code.to_owned() });
            if self.given_back.lock().unwrap().contains(&hold) {
                return refused("released");
            }
            let mut held = self.held.lock().unwrap();
            let others: u32 = held.iter().filter(|(id, _)| **id != hold).map(|(_, quantity)| quantity).sum();
            if others + quantity > 5 {
                return refused("out-of-stock");
            }
            held.insert(hold, quantity);
            Ok(())
        })
    }

    async fn give_back(&self, _cx: &CallContext, hold: HoldId) -> Result<(), Unavailable> {
        self.ask(|| {
            self.given_back.lock().unwrap().insert(hold);
            self.held.lock().unwrap().remove(&hold);
        })
    }
}
