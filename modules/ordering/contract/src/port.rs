//! The port.

use outgrow::{Answer, CallContext, port};

use crate::{
    CancelOrder, History, HistoryQuery, Order, OrderQuery, OrderingRefusal, Orders, OrdersQuery, PlaceOrder,
};

/// Orders, from placing to their end.
#[port("ordering.v1")]
pub trait Ordering {
    /// Takes an order at the prices of this moment. What becomes of it is decided afterwards.
    #[command(idempotent)]
    async fn place(&self, cx: &CallContext, request: PlaceOrder) -> Answer<Order, OrderingRefusal>;

    /// Cancels an order: stops it while it is placed, returns its goods to stock when it is confirmed.
    #[command(idempotent)]
    async fn cancel(&self, cx: &CallContext, request: CancelOrder) -> Answer<Order, OrderingRefusal>;

    /// One order, as it is; or, to who has the patience, as it is once it is no longer placed.
    #[query]
    async fn order(&self, cx: &CallContext, request: OrderQuery) -> Answer<Order, OrderingRefusal>;

    /// The orders of one customer, newest first.
    #[query]
    async fn orders(&self, cx: &CallContext, request: OrdersQuery) -> Answer<Orders, OrderingRefusal>;

    /// What has become of the orders of one customer, and when; newest first. It follows what is told of orders, and so
    /// may not know yet what `order` and `orders` know already.
    #[query]
    async fn history(&self, cx: &CallContext, request: HistoryQuery) -> Answer<History, OrderingRefusal>;
}
