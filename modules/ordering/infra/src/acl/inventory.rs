//! Inventory, as Ordering sees it: a stock that holds goods.

use std::sync::Arc;

use async_trait::async_trait;
use inventory_contract::{
    Inventory, InventoryRefusal, Quantity, ReleaseStock, ReservationId, ReserveStock, ShipStock, StockLine,
};
use ordering_contract::{OrderLine, Reason};
use ordering_core::{HoldId, Stock, Unavailable};
use outgrow::{CallContext, CallError};

/// The stock of Inventory.
pub(crate) struct InventoryStock {
    inventory: Arc<dyn Inventory>,
}

impl InventoryStock {
    pub(crate) fn new(inventory: Arc<dyn Inventory>) -> Self {
        Self { inventory }
    }
}

#[async_trait]
impl Stock for InventoryStock {
    async fn hold(
        &self,
        cx: &CallContext,
        hold: HoldId,
        lines: &[OrderLine],
    ) -> Result<Result<(), Reason>, Unavailable> {
        let lines = lines.iter().map(line).collect::<Result<_, _>>()?;
        let request = ReserveStock { reservation: ReservationId(hold.0), lines };
        outcome(self.inventory.reserve(&cx.step("hold"), request).await)
    }

    async fn ship(&self, cx: &CallContext, hold: HoldId) -> Result<Result<(), Reason>, Unavailable> {
        let request = ShipStock { reservation: ReservationId(hold.0) };
        outcome(self.inventory.ship(&cx.step("ship"), request).await)
    }

    async fn give_back(&self, cx: &CallContext, hold: HoldId) -> Result<Result<(), Reason>, Unavailable> {
        let request = ReleaseStock { reservation: ReservationId(hold.0) };
        outcome(self.inventory.release(&cx.step("give-back"), request).await)
    }
}

fn outcome<T>(answer: Result<T, CallError<InventoryRefusal>>) -> Result<Result<(), Reason>, Unavailable> {
    match answer {
        Ok(_) => Ok(Ok(())),
        Err(CallError::Refused(refusal)) => Ok(Err(reason(&refusal))),
        Err(CallError::NotExecuted(cause) | CallError::InDoubt(cause)) => Err(unavailable(&cause)),
    }
}

/// Our words are checked by the same rules as theirs; should theirs become stricter, the order waits for us.
fn line(line: &OrderLine) -> Result<StockLine, Unavailable> {
    let sku = line.sku.as_str().parse().map_err(|why| unavailable(&why))?;
    let quantity = Quantity::try_from(line.quantity.get()).map_err(|why| unavailable(&why))?;
    Ok(StockLine { sku, quantity })
}

/// Why the goods of an order cannot be held. The codes are Ordering's own and stay when Inventory's names change.
fn reason(refusal: &InventoryRefusal) -> Reason {
    let code = match refusal {
        InventoryRefusal::OutOfStock { .. } | InventoryRefusal::NeverReceived { .. } => "out-of-stock",
        InventoryRefusal::TooMuch { .. }
        | InventoryRefusal::WrongNumberOfLines { .. }
        | InventoryRefusal::UnknownReservation { .. }
        | InventoryRefusal::ReservedOtherwise { .. }
        | InventoryRefusal::Released { .. }
        | InventoryRefusal::Shipped { .. }
        | InventoryRefusal::Other(_) => "refused-by-stock",
    };
    Reason { code: code.to_owned(), message: refusal.to_string() }
}

fn unavailable(why: &impl ToString) -> Unavailable {
    Unavailable { who: "stock", why: why.to_string() }
}

#[cfg(test)]
mod tests;
