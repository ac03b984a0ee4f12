//! Wishlist, pure: what may be on a list.
//!
//! Reading order: [`list`] (the aggregate), [`needs`] (what it is kept by), [`service`] (the port).

pub mod list;
pub mod needs;
pub mod service;

pub use list::List;
pub use needs::{Change, ListStore};
pub use service::Keeper;
