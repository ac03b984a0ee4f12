//! Ordering with a price list, a stock and a till that do as they are told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use ordering_contract::{
    CancelOrder, Line, Order, OrderId, OrderQuery, Ordering as _, OrderingRefusal, PlaceOrder, Quantity, Sku,
};
use ordering_core::{Chronicle, FULFILMENT, Fulfilment, PriceList, Sales, Unavailable};
use outgrow::{
    Answer, CallContext, CommitError, Money, Steps,
    command::Undecided,
    saga::{Instance, Phase, Stepped, Transition, Underway},
};
use outgrow_testkit::{FixedClock, SequentialIds, sagas::Stage};

use crate::{
    memory::{MemoryHistoryStore, MemoryOrderStore},
    purse::Purse,
    sample::{euro, sku},
    shelf::Shelf,
};

/// Ordering and everything around it.
pub(crate) struct Shop {
    pub(crate) store: Arc<MemoryOrderStore>,
    pub(crate) prices: Arc<Prices>,
    pub(crate) stock: Arc<Shelf>,
    pub(crate) till: Arc<Purse>,
    pub(crate) sales: Sales,
    pub(crate) chronicle: Chronicle,
    pub(crate) fulfilment: Arc<Fulfilment>,
}

impl Shop {
    /// Sells mugs, pots, and something in dollars; has five of each.
    pub(crate) fn new() -> Self {
        let (store, prices) = (Arc::new(MemoryOrderStore::default()), Arc::new(Prices::default()));
        let (stock, till) = (Arc::new(Shelf::default()), Arc::new(Purse::default()));
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        let fulfilment =
            Fulfilment::new(store.clone(), stock.clone(), till.clone(), clock.clone(), ids.clone());
        let chronicle = Chronicle::new(Arc::new(MemoryHistoryStore::default()));
        let sales = Sales::new(store.clone(), chronicle.clone(), prices.clone(), clock, ids);
        Self { store, prices, stock, till, sales, chronicle, fulfilment: Arc::new(fulfilment) }
    }

    pub(crate) async fn place(&self, key: &str, lines: &[(&str, u32)]) -> Answer<Order, OrderingRefusal> {
        self.sales.place(&cx(key), request(lines, "tok_ok")).await
    }

    /// An order of one mug.
    pub(crate) async fn placed(&self) -> OrderId {
        self.place("place", &[("mug", 1)]).await.unwrap().id
    }

    /// The same, paid otherwise.
    pub(crate) async fn placed_with(&self, token: &str) -> OrderId {
        self.sales.place(&cx("place"), request(&[("mug", 1)], token)).await.unwrap().id
    }

    pub(crate) async fn cancel(&self, key: &str, order: OrderId) -> Answer<Order, OrderingRefusal> {
        self.sales.cancel(&cx(key), CancelOrder { order }).await
    }

    pub(crate) async fn order(&self, order: OrderId) -> Order {
        self.sales.order(&cx("any"), OrderQuery::of(order)).await.unwrap()
    }

    /// The orders whose fulfilment has begun.
    pub(crate) fn begun(&self) -> Vec<OrderId> {
        self.store.sagas.ids(&FULFILMENT).into_iter().map(OrderId).collect()
    }

    /// Where its fulfilment is.
    pub(crate) fn saga(&self, order: OrderId) -> Instance {
        self.store.sagas.instance(&FULFILMENT, order.0).expect("its fulfilment began")
    }

    /// At its step, if it has not ended.
    pub(crate) fn underway(&self, order: OrderId) -> Option<Underway> {
        Underway::of(&FULFILMENT, self.saga(order)).filter(|at| at.instance.live())
    }

    /// One attempt at the step that is due.
    pub(crate) async fn attempt(&self, at: &Underway) -> Result<Stepped, Undecided> {
        let back = at.instance.phase == Phase::Back;
        if back { self.fulfilment.undo(at).await } else { self.fulfilment.act(at).await }
    }

    /// Carries an order on as far as it goes, as the runner does. False if it waits for somebody.
    pub(crate) async fn carry_on(&self, order: OrderId) -> bool {
        self.carry_on_by(order, usize::MAX).await
    }

    /// The same, by so many steps at most.
    pub(crate) async fn carry_on_by(&self, order: OrderId, steps: usize) -> bool {
        for _ in 0..steps {
            let Some(at) = self.underway(order) else { return true };
            let transition = match self.attempt(&at).await {
                Ok(Stepped::Done) => at.done(),
                Ok(Stepped::Refused(why)) => at.refused(why),
                Ok(Stepped::Kept) | Err(Undecided::Conflict) => continue,
                Err(Undecided::NotExecuted(_) | Undecided::InDoubt(_)) => return false,
            };
            drop(self.store.sagas.advance(&transition));
        }
        true
    }
}

/// An order whose fulfilment has just begun.
pub(crate) struct Begun(pub(crate) Shop, pub(crate) OrderId);

#[async_trait]
impl Stage for Begun {
    fn steps(&self) -> Arc<dyn Steps> {
        self.0.fulfilment.clone()
    }

    async fn instance(&self) -> Instance {
        self.0.saga(self.1)
    }

    async fn advance(&self, transition: Transition) -> Result<Option<Instance>, CommitError> {
        self.0.store.sagas.advance(&transition)
    }

    async fn trace(&self) -> String {
        let (held, shipped, money) = (self.0.stock.held(), self.0.stock.shipped(), self.0.till.money());
        format!("held {held}, shipped {shipped}, money {money:?}")
    }
}

pub(crate) fn cx(key: &str) -> CallContext {
    CallContext::new("tests", SequentialIds::nth(7)).with_key(key.parse().unwrap())
}

fn request(lines: &[(&str, u32)], token: &str) -> PlaceOrder {
    let line = |(of, quantity): &(&str, u32)| Line {
        sku: sku(of),
        quantity: Quantity::try_from(*quantity).unwrap(),
    };
    PlaceOrder {
        customer: "ada".parse().unwrap(),
        lines: lines.iter().map(line).collect(),
        payment_token: token.parse().unwrap(),
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
            return Err(Unavailable { who: "the catalogue", why: "planted".to_owned() });
        }
        let all = [
            ("mug", euro(1250)),
            ("pot", euro(i64::MAX)),
            ("usd", Money { amount: 1, currency: "USD".parse().unwrap() }),
        ];
        Ok(all.into_iter().map(|(of, price)| (sku(of), price)).filter(|(of, _)| skus.contains(of)).collect())
    }
}
