//! Cancelling an order: it ends at once; its goods and its money are given back afterwards.

use ordering_contract::{OrderEvent, OrderId, OrderingRefusal};

use crate::Order;

/// The order afterwards, and what is to be told of it if that is a change.
///
/// # Errors
/// When there is no such order, or when it has ended another way.
pub fn cancel(id: OrderId, order: Option<Order>) -> Result<(Order, Option<OrderEvent>), OrderingRefusal> {
    let order = order.ok_or(OrderingRefusal::UnknownOrder { order: id })?;
    Ok(match order.clone().cancel()? {
        Some((cancelled, event)) => (cancelled, Some(event)),
        None => (order, None),
    })
}
