//! The port of Inventory, answered.

use std::sync::Arc;

use async_trait::async_trait;
use inventory_contract::{
    Inventory, InventoryRefusal, ReceiveStock, ReleaseStock, Reservation, ReservationId, ReservationState,
    ReserveStock, ShipStock, Sku, StockLevel, StockQuery,
};
use outgrow::{
    Answer, CallContext, CallError, StoreError,
    command::{self, Undecided},
};

use crate::{Change, Hold, Item, StockStore};

/// Inventory itself.
pub struct Stockroom {
    store: Arc<dyn StockStore>,
}

impl std::fmt::Debug for Stockroom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stockroom")
    }
}

/// What a command decided: its answer, and what it changes if it is not a refusal.
type Decision<T> = Result<(T, Vec<Item>, Option<Hold>), InventoryRefusal>;

impl Stockroom {
    /// Inventory, kept by `store`.
    pub fn new(store: Arc<dyn StockStore>) -> Self {
        Self { store }
    }

    async fn item(&self, sku: &Sku) -> Result<Option<Item>, StoreError> {
        Ok(self.store.items(std::slice::from_ref(sku)).await?.pop())
    }

    /// Commits what was decided together with the answer.
    async fn settle<T: outgrow::Message>(
        &self,
        command: command::Command,
        decision: Decision<T>,
    ) -> Result<Result<T, InventoryRefusal>, Undecided> {
        let (answer, items, hold) = match decision {
            Ok((answer, items, hold)) => (Ok(answer), items, hold),
            Err(refusal) => (Err(refusal), Vec::new(), None),
        };
        self.store.commit(Change { items, hold, answer: command.remember(&answer) }).await?;
        Ok(answer)
    }

    async fn decide_receive(&self, request: &ReceiveStock) -> Result<Decision<StockLevel>, StoreError> {
        let mut item = self.item(&request.sku).await?.unwrap_or_else(|| Item::new(request.sku.clone()));
        Ok(item.receive(request.quantity.get()).map(|()| (item.level(), vec![item], None)))
    }

    async fn decide_reserve(&self, request: &ReserveStock) -> Result<Decision<Reservation>, StoreError> {
        let hold = match Hold::new(request.reservation, &request.lines) {
            Ok(hold) => hold,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(earlier) = self.store.hold(hold.id).await? {
            return Ok(again(&earlier, &hold));
        }
        let skus: Vec<_> = hold.lines.keys().cloned().collect();
        let mut items = self.store.items(&skus).await?;
        for (sku, quantity) in &hold.lines {
            let Some(item) = items.iter_mut().find(|item| item.sku() == sku) else {
                return Ok(Err(InventoryRefusal::NeverReceived { sku: sku.clone() }));
            };
            if let Err(refusal) = item.reserve(*quantity) {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok((hold.reservation(), items, Some(hold))))
    }

    async fn decide_end(
        &self,
        id: ReservationId,
        state: ReservationState,
    ) -> Result<Decision<Reservation>, StoreError> {
        let Some(mut hold) = self.store.hold(id).await? else {
            let early = Hold::released_early(id);
            let released = state == ReservationState::Released;
            return Ok(if released {
                Ok((early.reservation(), Vec::new(), Some(early)))
            } else {
                Err(InventoryRefusal::UnknownReservation { reservation: id })
            });
        };
        let before = hold.state;
        match hold.end(state) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(false) => return Ok(Ok((hold.reservation(), Vec::new(), None))),
            Ok(true) => {}
        }
        let skus: Vec<_> = hold.lines.keys().cloned().collect();
        let mut items = self.store.items(&skus).await?;
        for item in &mut items {
            let quantity = hold.lines.get(item.sku()).copied().unwrap_or_default();
            match (before, state) {
                (_, ReservationState::Shipped) => item.ship(quantity),
                (ReservationState::Shipped, _) => {
                    if let Err(refusal) = item.receive(quantity) {
                        return Ok(Err(refusal));
                    }
                }
                _ => item.release(quantity),
            }
        }
        Ok(Ok((hold.reservation(), items, Some(hold))))
    }
}

/// The same reservation asked for again, under another key.
fn again(earlier: &Hold, asked: &Hold) -> Decision<Reservation> {
    let reservation = earlier.id;
    match earlier.state {
        ReservationState::Released => Err(InventoryRefusal::Released { reservation }),
        ReservationState::Held | ReservationState::Shipped if earlier.lines == asked.lines => {
            Ok((earlier.reservation(), Vec::new(), None))
        }
        ReservationState::Held | ReservationState::Shipped => {
            Err(InventoryRefusal::ReservedOtherwise { reservation })
        }
    }
}

#[async_trait]
impl Inventory for Stockroom {
    async fn receive(&self, cx: &CallContext, request: ReceiveStock) -> Answer<StockLevel, InventoryRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Inventory>::RECEIVE,
            request,
            self.store.answers(),
            move |command| async move { self.settle(command, self.decide_receive(request).await?).await },
        )
        .await
    }

    async fn reserve(
        &self,
        cx: &CallContext,
        request: ReserveStock,
    ) -> Answer<Reservation, InventoryRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Inventory>::RESERVE,
            request,
            self.store.answers(),
            move |command| async move { self.settle(command, self.decide_reserve(request).await?).await },
        )
        .await
    }

    async fn release(
        &self,
        cx: &CallContext,
        request: ReleaseStock,
    ) -> Answer<Reservation, InventoryRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Inventory>::RELEASE,
            request,
            self.store.answers(),
            move |command| async move {
                let decision = self.decide_end(request.reservation, ReservationState::Released).await?;
                self.settle(command, decision).await
            },
        )
        .await
    }

    async fn ship(&self, cx: &CallContext, request: ShipStock) -> Answer<Reservation, InventoryRefusal> {
        let request = &request;
        command::execute(
            cx,
            <dyn Inventory>::SHIP,
            request,
            self.store.answers(),
            move |command| async move {
                let decision = self.decide_end(request.reservation, ReservationState::Shipped).await?;
                self.settle(command, decision).await
            },
        )
        .await
    }

    async fn stock(&self, _cx: &CallContext, request: StockQuery) -> Answer<StockLevel, InventoryRefusal> {
        let item = self.item(&request.sku).await?;
        let never = || CallError::Refused(InventoryRefusal::NeverReceived { sku: request.sku.clone() });
        item.map(|item| item.level()).ok_or_else(never)
    }
}
