//! Inventory, pure: what may happen to stock and to reservations of it.
//!
//! Reading order: [`item`] and [`hold`] (the aggregates), [`needs`] (what they are kept by), [`service`] (the port).

pub mod hold;
pub mod item;
pub mod needs;
pub mod service;

pub use hold::Hold;
pub use item::Item;
pub use needs::{Change, StockStore};
pub use service::Stockroom;
