//! Placing an order: its lines are priced, the order is kept, its fulfilment begins. Nothing is asked of stock or of
//! payments yet, so that a shop takes orders while its stockroom is away.

use std::collections::BTreeMap;

use ordering_contract::{OrderEvent, OrderId, OrderLine, OrderStatus, OrderingRefusal, PlaceOrder, Sku};
use outgrow::Money;
use time::OffsetDateTime;

use crate::{HoldId, Order};

/// The distinct SKUs of an order.
///
/// # Errors
/// When it has no lines, or more than 100.
pub fn skus(request: &PlaceOrder) -> Result<Vec<Sku>, OrderingRefusal> {
    if !(1..=100).contains(&request.lines.len()) {
        let lines = u32::try_from(request.lines.len()).unwrap_or(u32::MAX);
        return Err(OrderingRefusal::WrongNumberOfLines { lines });
    }
    let mut skus: Vec<_> = request.lines.iter().map(|line| line.sku.clone()).collect();
    skus.sort();
    skus.dedup();
    Ok(skus)
}

/// A new order at these prices, and what is to be told of it.
///
/// # Errors
/// When a SKU has no price, when prices are in different currencies, or when the total cannot be counted.
pub fn place(
    request: &PlaceOrder,
    prices: &BTreeMap<Sku, Money>,
    id: OrderId,
    hold: HoldId,
    placed_at: OffsetDateTime,
) -> Result<(Order, OrderEvent), OrderingRefusal> {
    let lines = priced(request, prices)?;
    let (customer, total) = (request.customer.clone(), total(&lines)?);
    let event = OrderEvent::OrderPlaced { order: id, customer: customer.clone(), total };
    let order = Order {
        id,
        customer,
        payment_token: request.payment_token.clone(),
        lines,
        total,
        hold,
        status: OrderStatus::Placed,
        reason: None,
        placed_at,
        version: 0,
    };
    Ok((order, event))
}

fn priced(request: &PlaceOrder, prices: &BTreeMap<Sku, Money>) -> Result<Vec<OrderLine>, OrderingRefusal> {
    let priced = (0..).zip(&request.lines).map(|(number, line)| {
        let unknown = || OrderingRefusal::UnknownSku { sku: line.sku.clone(), line: number };
        let unit_price = *prices.get(&line.sku).ok_or_else(unknown)?;
        Ok(OrderLine { sku: line.sku.clone(), quantity: line.quantity, unit_price })
    });
    priced.collect()
}

fn total(lines: &[OrderLine]) -> Result<Money, OrderingRefusal> {
    let mut lines = (0..).zip(lines);
    let (_, first) = lines.next().ok_or(OrderingRefusal::WrongNumberOfLines { lines: 0 })?;
    lines.try_fold(sum(first)?, |total, (number, line)| {
        let currency = line.unit_price.currency;
        if currency != total.currency {
            return Err(OrderingRefusal::MixedCurrencies { line: number, currency });
        }
        total.checked_add(sum(line)?).map_err(|_too_large| OrderingRefusal::TotalTooLarge)
    })
}

fn sum(line: &OrderLine) -> Result<Money, OrderingRefusal> {
    line.unit_price.checked_mul(line.quantity.get()).map_err(|_too_large| OrderingRefusal::TotalTooLarge)
}
