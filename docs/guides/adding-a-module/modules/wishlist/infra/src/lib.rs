//! Wishlist joined to its store and its edge. It needs no other module.

mod http;
mod module;
mod store;

pub use http::endpoints;
pub use module::{SPEC, build};
pub use store::SqlListStore;
