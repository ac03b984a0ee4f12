//! Payments joined to its store, its edge and its provider.
//!
//! It calls no other module and hears none. The provider is a sandbox: a real one would be another file beside it.

mod http;
mod module;
mod rebuild;
mod sandbox;
mod store;
mod stored;

pub use http::endpoints;
pub use module::{SPEC, build};
pub use rebuild::rebuild;
pub use sandbox::Sandbox;
pub use store::SqlPaymentStore;
pub use stored::{FORMAT, Unreadable, read};
