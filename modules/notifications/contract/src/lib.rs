//! What other modules may ask of Notifications.
//!
//! Whoever orders is told how it came out: one *message* for each outcome of an order, sent once it is known.
//! Nobody asks for a message; Notifications listens.
//!
//! ```
//! use notifications_contract::{OrderId, SentQuery};
//!
//! let query = SentQuery { order: "0197f0e5-0000-7000-8000-000000000001".parse::<OrderId>()? };
//! assert_eq!(query.order.to_string(), "0197f0e5-0000-7000-8000-000000000001");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod id;
mod model;
mod port;
mod refusal;

pub use id::{MessageId, OrderId, Recipient};
pub use model::{Message, Outcome, Sent, SentQuery, Undeliverable};
pub use port::Notifications;
pub use refusal::NotificationsRefusal;
