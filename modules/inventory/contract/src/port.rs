//! The port.

use outgrow::{Answer, CallContext, port};

use crate::{
    InventoryRefusal, ReceiveStock, ReleaseStock, Reservation, ReserveStock, ShipStock, StockLevel,
    StockQuery,
};

/// Stock on hand, and reservations of it.
#[port("inventory.v1")]
pub trait Inventory {
    /// Adds received goods to what is on hand.
    #[command(idempotent)]
    async fn receive(&self, cx: &CallContext, request: ReceiveStock) -> Answer<StockLevel, InventoryRefusal>;

    /// Holds stock for an order, all lines or none.
    #[command(idempotent)]
    async fn reserve(&self, cx: &CallContext, request: ReserveStock)
    -> Answer<Reservation, InventoryRefusal>;

    /// Gives what a reservation holds back to the others; what it had shipped has come back. A reservation released
    /// before it was made stays released: making it later is refused.
    #[command(idempotent)]
    async fn release(&self, cx: &CallContext, request: ReleaseStock)
    -> Answer<Reservation, InventoryRefusal>;

    /// Takes what a reservation holds off the shelf.
    #[command(idempotent)]
    async fn ship(&self, cx: &CallContext, request: ShipStock) -> Answer<Reservation, InventoryRefusal>;

    /// What is on hand, reserved and available of one SKU.
    #[query]
    async fn stock(&self, cx: &CallContext, request: StockQuery) -> Answer<StockLevel, InventoryRefusal>;
}
