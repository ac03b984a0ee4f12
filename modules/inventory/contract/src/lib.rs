//! What other modules may ask of Inventory.
//!
//! Goods are *on hand* once received. A reservation holds some of them for an order, all its lines or none; what is
//! held is not *available* to others. A reservation ends by being shipped (the goods leave) or released.
//!
//! ```
//! use inventory_contract::{Quantity, ReservationId, ReserveStock, StockLine};
//!
//! let request = ReserveStock {
//!     reservation: "0197f0e5-0000-7000-8000-000000000001".parse::<ReservationId>()?,
//!     lines: vec![StockLine { sku: "mug-blue".parse()?, quantity: Quantity::try_from(2)? }],
//! };
//! assert_eq!(request.lines[0].quantity.get(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod id;
mod model;
mod port;
mod refusal;

pub use id::{ReservationId, Sku};
pub use model::{
    Quantity, ReceiveStock, ReleaseStock, Reservation, ReservationState, ReserveStock, ShipStock, StockLevel,
    StockLine, StockQuery,
};
pub use port::Inventory;
pub use refusal::InventoryRefusal;
