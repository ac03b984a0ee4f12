//! Requests and answers.

use outgrow::Wire;

use crate::{ReservationId, Sku};

/// How many of one SKU: 1 to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
#[wire(checked)]
pub struct Quantity(u32);

impl Quantity {
    /// What it must be, in a sentence.
    pub const RULE: &'static str = "a quantity is 1 to 1000000";

    /// The number itself.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Quantity {
    type Error = outgrow::NotText;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if (1..=1_000_000).contains(&number) { Ok(Self(number)) } else { Err(outgrow::NotText(Self::RULE)) }
    }
}

/// Adds received goods to what is on hand.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct ReceiveStock {
    /// What was received.
    #[wire(1)]
    pub sku: Sku,
    /// How many.
    #[wire(2)]
    pub quantity: Quantity,
}

/// Holds stock for an order.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct ReserveStock {
    /// The reservation to make.
    #[wire(1)]
    pub reservation: ReservationId,
    /// What to hold: 1 to 100 lines. Lines of one SKU add up.
    #[wire(2)]
    pub lines: Vec<StockLine>,
}

/// So many of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct StockLine {
    /// What.
    #[wire(1)]
    pub sku: Sku,
    /// How many.
    #[wire(2)]
    pub quantity: Quantity,
}

/// Gives what a reservation holds back.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct ReleaseStock {
    /// Which reservation.
    #[wire(1)]
    pub reservation: ReservationId,
}

/// Takes what a reservation holds off the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct ShipStock {
    /// Which reservation.
    #[wire(1)]
    pub reservation: ReservationId,
}

/// Asks for the stock of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct StockQuery {
    /// Which SKU.
    #[wire(1)]
    pub sku: Sku,
}

/// A hold upon stock.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Reservation {
    /// Which one.
    #[wire(1)]
    pub id: ReservationId,
    /// What has become of it.
    #[wire(2)]
    pub state: ReservationState,
}

/// What has become of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub enum ReservationState {
    /// It holds its goods.
    #[wire(1)]
    Held,
    /// Its goods have left.
    #[wire(2)]
    Shipped,
    /// Its goods are available to others again.
    #[wire(3)]
    Released,
}

/// The stock of one SKU. Available is what is on hand and not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct StockLevel {
    /// Of which SKU.
    #[wire(1)]
    pub sku: Sku,
    /// What lies on the shelf, reserved or not.
    #[wire(2)]
    pub on_hand: u32,
    /// What is held for orders.
    #[wire(3)]
    pub reserved: u32,
    /// What can still be reserved.
    #[wire(4)]
    pub available: u32,
}
