//! Notifications joined to its store, its edge, its mailer, and what it listens to.
//!
//! It calls nobody. What others tell is translated in `acl/` only.

mod acl {
    //! Where the words of other contexts are translated into our own.
    pub(crate) mod ordering;
}
mod config;
mod console;
mod http;
mod mail;
mod module;
mod store;

pub use config::{Post, SETTINGS};
pub use http::endpoints;
pub use module::{SPEC, build};
pub use store::SqlMessageStore;
