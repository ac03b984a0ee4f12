//! The port of Ordering, answered.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ordering_contract::{
    CancelOrder, History, HistoryQuery, Order, OrderEvent, OrderId, OrderQuery, Ordering, OrderingRefusal,
    Orders, OrdersQuery, PlaceOrder,
};
use outgrow::{
    Answer, CallContext, CallError, Clock, IdGen, Outgoing,
    command::{self, Command, Undecided},
    saga::{Transition, Why},
};

use crate::{
    Change, Chronicle, FULFILMENT, HoldId, OrderStore, PriceList, cancel_order, fulfilment::untold,
    place_order,
};

/// Ordering itself.
pub struct Sales {
    orders: Arc<dyn OrderStore>,
    chronicle: Chronicle,
    prices: Arc<dyn PriceList>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
}

impl std::fmt::Debug for Sales {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sales")
    }
}

/// What is left of a caller's time for the answer's way back.
const FOR_THE_WAY_BACK: Duration = Duration::from_millis(100);

/// For how long an answer may wait so that it still arrives in time; none is at once.
fn patience(cx: &CallContext, request: &OrderQuery) -> Option<Duration> {
    let left = cx.remaining().map_or(Duration::MAX, |left| left.saturating_sub(FOR_THE_WAY_BACK));
    request.patience().map(|within| within.min(left)).filter(|within| !within.is_zero())
}

/// What a command decided: the order as it is now and, if that is a change, what is to be told of it and how its
/// fulfilment goes on; or a refusal.
type Decision = Result<(crate::Order, Option<(OrderEvent, Transition)>), OrderingRefusal>;

impl Sales {
    /// Ordering, kept by `orders`, at the prices of `prices`. What `chronicle` knows is its history.
    pub fn new(
        orders: Arc<dyn OrderStore>,
        chronicle: Chronicle,
        prices: Arc<dyn PriceList>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Self {
        Self { orders, chronicle, prices, clock, ids }
    }

    async fn decide_place(&self, cx: &CallContext, request: &PlaceOrder) -> Result<Decision, Undecided> {
        let skus = match place_order::skus(request) {
            Ok(skus) => skus,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let prices = self.prices.prices(cx, &skus).await?;
        let (id, hold) = (OrderId::new(&*self.ids), HoldId::new(&*self.ids));
        let placed = place_order::place(request, &prices, id, hold, self.clock.now());
        Ok(placed.map(|(order, event)| (order, Some((event, Transition::began(&FULFILMENT, id.0))))))
    }

    /// Commits what was decided together with what comes of it and the answer.
    async fn settle(
        &self,
        cx: &CallContext,
        command: Command,
        decision: Decision,
    ) -> Result<Result<Order, OrderingRefusal>, Undecided> {
        let mut change = Change::default();
        let answer = match decision {
            Ok((order, changed)) => {
                let shown = order.shown();
                if let Some((event, transition)) = changed {
                    // An order was placed when it says so.
                    let at = if order.version == 0 { order.placed_at } else { self.clock.now() };
                    let told = Outgoing::of(&event, self.ids.uuid(), at, cx).map_err(untold)?;
                    change = Change {
                        order: Some(order),
                        events: vec![told],
                        saga: Some(transition),
                        answer: None,
                    };
                }
                Ok(shown)
            }
            Err(refusal) => Err(refusal),
        };
        self.orders.commit(Change { answer: Some(command.remember(&answer)), ..change }).await?;
        Ok(answer)
    }
}

#[async_trait]
impl Ordering for Sales {
    async fn place(&self, cx: &CallContext, request: PlaceOrder) -> Answer<Order, OrderingRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Ordering>::PLACE,
            request,
            self.orders.answers(),
            move |command| async move { self.settle(cx, command, self.decide_place(cx, request).await?).await },
        )
        .await
    }

    async fn cancel(&self, cx: &CallContext, request: CancelOrder) -> Answer<Order, OrderingRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Ordering>::CANCEL,
            request,
            self.orders.answers(),
            move |command| async move {
                let order = self.orders.order(request.order).await?;
                let cancelled = cancel_order::cancel(request.order, order);
                let decision = cancelled.map(|(order, event)| {
                    let why = Why::new("cancelled", "the order was cancelled");
                    let off = Transition::called_off(&FULFILMENT, request.order.0, why);
                    (order, event.map(|event| (event, off)))
                });
                self.settle(cx, command, decision).await
            },
        )
        .await
    }

    async fn order(&self, cx: &CallContext, request: OrderQuery) -> Answer<Order, OrderingRefusal> {
        let order = match patience(cx, &request) {
            Some(within) => self.orders.outcome(request.order, within).await?,
            None => self.orders.order(request.order).await?,
        };
        let unknown = || CallError::Refused(OrderingRefusal::UnknownOrder { order: request.order });
        order.map(|order| order.shown()).ok_or_else(unknown)
    }

    async fn orders(&self, _cx: &CallContext, request: OrdersQuery) -> Answer<Orders, OrderingRefusal> {
        let limit = request.limit;
        if !(1..=100).contains(&limit) {
            return Err(CallError::Refused(OrderingRefusal::WrongLimit { limit }));
        }
        // One more than asked for tells whether there is a next page.
        let mut orders = self.orders.orders_of(&request.customer, request.after, limit + 1).await?;
        let more = orders.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if more {
            orders.pop();
        }
        let next = if more { orders.last().map(|order| order.id) } else { None };
        Ok(Orders { items: orders.iter().map(crate::Order::shown).collect(), next })
    }

    async fn history(&self, _cx: &CallContext, request: HistoryQuery) -> Answer<History, OrderingRefusal> {
        self.chronicle.page(request).await
    }
}
