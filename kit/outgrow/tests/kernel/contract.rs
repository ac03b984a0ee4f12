//! A contract as a module would write one. The other tests use it.

#![expect(unreachable_pub, reason = "written as in a contract crate, where it is reachable")]

use outgrow::{Answer, CallContext, Money, Unread, Wire, port};
use time::OffsetDateTime;
use uuid::Uuid;

/// Stock on hand, and holds upon it.
#[port("inventory.v1")]
pub trait Inventory {
    /// Holds stock for an order, all lines or none.
    ///
    /// Repeating it returns the first answer.
    #[command(idempotent)]
    async fn reserve(&self, cx: &CallContext, request: ReserveStock)
    -> Answer<Reservation, InventoryRefusal>;

    /// What is on hand and available for one SKU.
    #[query]
    async fn stock(&self, cx: &CallContext, request: StockQuery) -> Answer<StockLevel, InventoryRefusal>;

    /// Calls the warehouse.
    #[command(once)]
    async fn ring(&self, cx: &CallContext, request: Ring) -> Answer<Ring, InventoryRefusal>;
}

/// An id that the caller chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub struct ReservationId(pub Uuid);

/// Never empty, at most 40 characters.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
#[wire(checked)]
pub struct Sku(String);

impl TryFrom<String> for Sku {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=40).contains(&text.chars().count()) {
            Ok(Self(text))
        } else {
            Err("a SKU has 1 to 40 characters")
        }
    }
}

impl std::fmt::Display for Sku {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Asks for a hold.
#[derive(Clone, Debug, PartialEq, Wire)]
pub struct ReserveStock {
    #[wire(1)]
    pub reservation: ReservationId,
    /// At least one.
    #[wire(2)]
    pub lines: Vec<StockLine>,
    /// Free text.
    #[wire(3)]
    pub note: Option<String>,
}

/// So many of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct StockLine {
    #[wire(1)]
    pub sku: Sku,
    #[wire(2)]
    pub quantity: u32,
}

/// A hold upon stock.
#[derive(Clone, Debug, PartialEq, Wire)]
pub struct Reservation {
    #[wire(1)]
    pub id: ReservationId,
    #[wire(2)]
    pub at: OffsetDateTime,
    #[wire(3)]
    pub state: HoldState,
    /// What the goods are worth.
    #[wire(4)]
    pub value: Money,
}

/// Where a hold stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub enum HoldState {
    /// The goods are set aside.
    #[wire(1)]
    Held,
    #[wire(2)]
    Shipped,
    #[wire(3)]
    Released,
}

#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct StockQuery {
    #[wire(1)]
    pub sku: Sku,
}

#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct StockLevel {
    #[wire(1)]
    pub on_hand: u32,
    #[wire(2)]
    pub available: u32,
}

/// Nothing to say.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Ring;

/// Why Inventory says no.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum InventoryRefusal {
    /// Not enough of it.
    #[error("only {available} of {sku} available")]
    #[wire(1)]
    OutOfStock {
        /// Of what.
        #[wire(1)]
        sku: Sku,
        #[wire(2)]
        available: u32,
    },
    #[error("{0} is not stocked")]
    #[wire(2)]
    UnknownSku(Sku),
    #[error("stock is being counted")]
    #[wire(3)]
    Frozen,
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
