//! Catalog, pure: what may be for sale, and at which price.
//!
//! Reading order: [`entry`] (the aggregate), [`needs`] (what it is kept by), [`service`] (the port).

pub mod entry;
pub mod needs;
pub mod service;

pub use entry::Entry;
pub use needs::{Change, ProductStore, Which};
pub use service::Assortment;
