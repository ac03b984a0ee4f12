//! Ordering joined to its store, its edge and its neighbours.
//!
//! Other contexts are spoken to in `acl/` only, each by its contract, and translated there into the words of
//! Ordering's own needs.

mod acl {
    //! Where other contexts are translated into our own words.
    pub(crate) mod catalog;
    pub(crate) mod inventory;
    pub(crate) mod payments;
}
mod ends;
mod history;
mod http;
mod module;
mod rebuild;
mod store;

pub use history::SqlHistoryStore;
pub use http::endpoints;
pub use module::{SPEC, build};
pub use rebuild::rebuild_history;
pub use store::SqlOrderStore;
