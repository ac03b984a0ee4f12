//! What Inventory says no to.

use outgrow::{Unread, Wire};

use crate::{ReservationId, Sku};

/// Why Inventory refused.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum InventoryRefusal {
    /// Less is available than asked for.
    #[error("only {available} of {sku} available")]
    #[wire(1)]
    OutOfStock {
        /// The first SKU that falls short.
        #[wire(1)]
        sku: Sku,
        /// What is available of it.
        #[wire(2)]
        available: u32,
    },
    /// Nothing of this SKU was ever received.
    #[error("{sku} was never received")]
    #[wire(2)]
    NeverReceived {
        /// Which SKU.
        #[wire(1)]
        sku: Sku,
    },
    /// More would be on hand than can be counted (4,294,967,295).
    #[error("more of {sku} than can be counted")]
    #[wire(3)]
    TooMuch {
        /// Which SKU.
        #[wire(1)]
        sku: Sku,
    },
    /// A reservation has 1 to 100 lines.
    #[error("a reservation has 1 to 100 lines, not {lines}")]
    #[wire(4)]
    WrongNumberOfLines {
        /// How many there were.
        #[wire(1)]
        lines: u32,
    },
    /// There is no such reservation.
    #[error("there is no reservation {reservation}")]
    #[wire(5)]
    UnknownReservation {
        /// Which one.
        #[wire(1)]
        reservation: ReservationId,
    },
    /// The reservation exists, with other lines.
    #[error("reservation {reservation} was made with other lines")]
    #[wire(6)]
    ReservedOtherwise {
        /// Which one.
        #[wire(1)]
        reservation: ReservationId,
    },
    /// The reservation was released.
    #[error("reservation {reservation} was released")]
    #[wire(7)]
    Released {
        /// Which one.
        #[wire(1)]
        reservation: ReservationId,
    },
    /// The reservation was shipped.
    #[error("reservation {reservation} was shipped")]
    #[wire(8)]
    Shipped {
        /// Which one.
        #[wire(1)]
        reservation: ReservationId,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
