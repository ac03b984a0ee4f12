//! Notifications joined to its store, its edge, its mailer, and what it listens to.
//!
//! It calls nobody. What others tell is translated in `acl/` only.

mod acl {
    //! Where the words of other contexts are translated into our own.
    pub(crate) mod ordering;
}
mod console;
mod http;
mod module;
mod store;

pub use http::endpoints;
pub use module::{SPEC, build};
pub use store::SqlMessageStore;
