//! Cancelling an order: it ends at once; its goods are given back afterwards.

use ordering_contract::{OrderId, OrderingRefusal};

use crate::Order;

/// What cancelling does to an order, if anything.
///
/// # Errors
/// When there is no such order, or when it has ended another way.
pub fn cancel(id: OrderId, order: Option<Order>) -> Result<(Order, bool), OrderingRefusal> {
    let order = order.ok_or(OrderingRefusal::UnknownOrder { order: id })?;
    Ok(match order.clone().cancel()? {
        Some(cancelled) => (cancelled, true),
        None => (order, false),
    })
}
