//! Ordering, pure: how an order comes to be, and what becomes of it.
//!
//! Reading order: [`order`] (the aggregate), [`needs`] (what it wants from outside), [`place_order`] and
//! [`cancel_order`] (what the port does), [`fulfilment`] (what happens afterwards), [`service`] (the port).

pub mod cancel_order;
pub mod fulfilment;
pub mod needs;
pub mod order;
pub mod place_order;
pub mod service;

pub use fulfilment::{FULFILMENT, Fulfilment};
pub use needs::{Change, HoldId, OrderStore, PriceList, Stock, Till, Unavailable};
pub use order::Order;
pub use service::Sales;
