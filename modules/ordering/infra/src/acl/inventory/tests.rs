//! What Ordering makes of what its neighbours say.

use std::sync::Arc;

use async_trait::async_trait;
use inventory_contract::{
    Inventory, InventoryRefusal, ReceiveStock, ReleaseStock, Reservation, ReservationId, ReserveStock,
    ShipStock, StockLevel, StockQuery,
};
use ordering_core::{HoldId, Stock as _};
use outgrow::{Answer, CallContext, CallError, CauseKind, IdGen as _, Unread};
use outgrow_testkit::SequentialIds;

use super::InventoryStock;

type Failure = CallError<InventoryRefusal>;

/// An Inventory that fails as it was told to, whatever it is asked.
struct Failing(Failure);

#[async_trait]
impl Inventory for Failing {
    async fn receive(&self, _: &CallContext, _: ReceiveStock) -> Answer<StockLevel, InventoryRefusal> {
        Err(self.0.clone())
    }
    async fn reserve(&self, _: &CallContext, _: ReserveStock) -> Answer<Reservation, InventoryRefusal> {
        Err(self.0.clone())
    }
    async fn release(&self, _: &CallContext, _: ReleaseStock) -> Answer<Reservation, InventoryRefusal> {
        Err(self.0.clone())
    }
    async fn ship(&self, _: &CallContext, _: ShipStock) -> Answer<Reservation, InventoryRefusal> {
        Err(self.0.clone())
    }
    async fn stock(&self, _: &CallContext, _: StockQuery) -> Answer<StockLevel, InventoryRefusal> {
        Err(self.0.clone())
    }
}

/// What holding goods comes to: the code of the reason, or that stock is away.
async fn hold(failure: Failure) -> Result<String, String> {
    let ids = SequentialIds::new();
    let cx = CallContext::new("ordering", ids.uuid()).with_key(ids.uuid().into());
    let stock = InventoryStock::new(Arc::new(Failing(failure)));
    match stock.hold(&cx, HoldId::new(&ids), &[]).await {
        Ok(held) => Ok(held.unwrap_err().code),
        Err(away) => Err(away.to_string()),
    }
}

#[tokio::test]
async fn a_refusal_rejects_the_order_for_a_reason_in_our_words() {
    let (sku, reservation) = ("mug".parse().unwrap(), ReservationId(SequentialIds::nth(1)));
    for (refusal, code) in [
        (InventoryRefusal::OutOfStock { sku, available: 0 }, "out-of-stock"),
        (InventoryRefusal::NeverReceived { sku: "mug".parse().unwrap() }, "out-of-stock"),
        (InventoryRefusal::WrongNumberOfLines { lines: 0 }, "refused-by-stock"),
        (InventoryRefusal::ReservedOtherwise { reservation }, "refused-by-stock"),
        (InventoryRefusal::Released { reservation }, "refused-by-stock"),
        (InventoryRefusal::Other(Unread::new(99, b"new")), "refused-by-stock"),
    ] {
        assert_eq!(hold(CallError::Refused(refusal.clone())).await, Ok(code.to_owned()), "{refusal}");
    }
}

#[tokio::test]
async fn no_failure_without_a_decision_ends_an_order() {
    for &kind in CauseKind::ALL {
        for failure in [CallError::not_executed(kind, "away"), CallError::in_doubt(kind, "lost")] {
            let away = hold(failure.clone()).await.unwrap_err();
            assert!(away.starts_with("stock is not available: "), "{failure}: {away}");
        }
    }
}

#[tokio::test]
async fn what_is_not_given_back_is_said_and_what_nobody_knows_is_waited_for() {
    let ids = SequentialIds::new();
    let cx = CallContext::new("ordering", ids.uuid()).with_key(ids.uuid().into());
    let give_back = async |failure: Failure| {
        InventoryStock::new(Arc::new(Failing(failure))).give_back(&cx, HoldId(SequentialIds::nth(1))).await
    };
    let too_much = InventoryRefusal::TooMuch { sku: "mug".parse().unwrap() };
    assert!(give_back(CallError::Refused(too_much)).await.unwrap().is_err());
    assert!(give_back(CallError::in_doubt(CauseKind::Lost, "lost")).await.is_err());
}
