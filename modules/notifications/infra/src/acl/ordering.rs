//! What Ordering tells, as Notifications hears it: how orders come out.

use notifications_contract::{OrderId, Recipient};
use notifications_core::{News, Notice};
use ordering_contract::{Customer, OrderEvent};
use outgrow::{Cause, CauseKind, command::Undecided};

/// The notice that an event gives; none if it tells of no outcome.
///
/// # Errors
/// When its customer is nobody whom we could write to: should their rule become laxer than ours, the event waits for us.
pub(crate) fn notice(event: OrderEvent) -> Result<Option<Notice>, Undecided> {
    let (order, customer, news) = match event {
        OrderEvent::OrderConfirmed { order, customer, total } => (order, customer, News::Confirmed { total }),
        OrderEvent::OrderRejected { order, customer, reason } => {
            (order, customer, News::Rejected { why: reason.message })
        }
        OrderEvent::OrderCancelled { order, customer } => (order, customer, News::Cancelled),
        OrderEvent::OrderPlaced { .. } | OrderEvent::Other(_) => return Ok(None),
    };
    Ok(Some(Notice { order: OrderId(order.0), to: recipient(&customer)?, news }))
}

fn recipient(customer: &Customer) -> Result<Recipient, Undecided> {
    let unknown = |rule: outgrow::NotText| Cause::new(CauseKind::BadRequest, rule.to_string());
    customer.as_str().parse().map_err(|rule| Undecided::NotExecuted(unknown(rule)))
}

#[cfg(test)]
mod tests;
