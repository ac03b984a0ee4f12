//! Ordering, pure: how an order comes to be, and what becomes of it.
//!
//! Reading order: [`order`] (the aggregate), [`needs`] (what it wants from outside), [`place_order`] and
//! [`cancel_order`] (what the port does), [`fulfilment`] (what happens afterwards), [`history`] (what is seen of it
//! later), [`service`] (the port).

pub mod cancel_order;
pub mod fulfilment;
pub mod history;
pub mod needs;
pub mod order;
pub mod place_order;
pub mod service;

pub use fulfilment::{FULFILMENT, Fulfilment};
pub use history::{Chronicle, Entry, Fact};
pub use needs::{Change, HistoryStore, HoldId, OrderStore, PriceList, Stock, Till, Unavailable};
pub use order::Order;
pub use service::Sales;
