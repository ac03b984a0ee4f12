//! The port of Ordering, answered.

use std::sync::Arc;

use async_trait::async_trait;
use ordering_contract::{
    CancelOrder, Order, OrderEvent, OrderId, OrderQuery, Ordering, OrderingRefusal, Orders, OrdersQuery,
    PlaceOrder,
};
use outgrow::{
    Answer, CallContext, CallError, Cause, CauseKind, Clock, IdGen, Outgoing, WireError,
    command::{self, Command, Undecided},
};

use crate::{Change, HoldId, OrderStore, PriceList, cancel_order, place_order};

/// Ordering itself.
pub struct Sales {
    orders: Arc<dyn OrderStore>,
    prices: Arc<dyn PriceList>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    /// Says that an order is open. Nothing depends on it being heard.
    nudge: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Sales {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sales")
    }
}

/// What a command decided: the order as it is now and what is to be told of it if that is a change, or a refusal.
type Decision = Result<(crate::Order, Option<OrderEvent>), OrderingRefusal>;

impl Sales {
    /// Ordering, kept by `orders`, at the prices of `prices`. `nudge` is called when an order is open.
    pub fn new(
        orders: Arc<dyn OrderStore>,
        prices: Arc<dyn PriceList>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        nudge: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { orders, prices, clock, ids, nudge: Box::new(nudge) }
    }

    async fn decide_place(&self, cx: &CallContext, request: &PlaceOrder) -> Result<Decision, Undecided> {
        let skus = match place_order::skus(request) {
            Ok(skus) => skus,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let prices = self.prices.prices(cx, &skus).await?;
        let (id, hold) = (OrderId::new(&*self.ids), HoldId::new(&*self.ids));
        let placed = place_order::place(request, &prices, id, hold, self.clock.now());
        Ok(placed.map(|(order, event)| (order, Some(event))))
    }

    /// Commits what was decided together with what is told of it and the answer.
    async fn settle(
        &self,
        cx: &CallContext,
        command: Command,
        decision: Decision,
    ) -> Result<Result<Order, OrderingRefusal>, Undecided> {
        let (answer, order, events) = match decision {
            Ok((order, Some(event))) => {
                let told = Outgoing::of(&event, self.ids.uuid(), self.clock.now(), cx).map_err(untold)?;
                (Ok(order.shown()), Some(order), vec![told])
            }
            Ok((order, None)) => (Ok(order.shown()), None, Vec::new()),
            Err(refusal) => (Err(refusal), None, Vec::new()),
        };
        let open = order.as_ref().is_some_and(|order| order.next_step().is_some());
        self.orders.commit(Change { order, events, answer: Some(command.remember(&answer)) }).await?;
        if open {
            (self.nudge)();
        }
        Ok(answer)
    }
}

/// An event of ours that could not be put into words: a defect, and nothing was changed.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn untold(error: WireError) -> Undecided {
    Undecided::NotExecuted(Cause::new(CauseKind::Internal, error.to_string()))
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
                self.settle(cx, command, cancel_order::cancel(request.order, order)).await
            },
        )
        .await
    }

    async fn order(&self, _cx: &CallContext, request: OrderQuery) -> Answer<Order, OrderingRefusal> {
        let order = self.orders.order(request.order).await?;
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
}
