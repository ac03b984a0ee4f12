//! What other modules may ask of Ordering.
//!
//! An order is *placed* at the prices of that moment. It is then fulfilled, and ends *confirmed* or *rejected* with a
//! reason; or it is *cancelled*. Each of these is told as an [`OrderEvent`].
//!
//! ```
//! use ordering_contract::{Line, PlaceOrder, Quantity};
//!
//! let request = PlaceOrder {
//!     customer: "ada".parse()?,
//!     lines: vec![Line { sku: "mug-blue".parse()?, quantity: Quantity::try_from(2)? }],
//!     payment_token: "tok_ok".parse()?,
//! };
//! assert_eq!(request.customer.as_str(), "ada");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod id;
mod model;
mod port;
mod refusal;

pub use event::OrderEvent;
pub use id::{Customer, OrderId, PaymentToken, Sku};
pub use model::{
    CancelOrder, History, HistoryEntry, HistoryQuery, Line, Order, OrderLine, OrderQuery, OrderStatus,
    Orders, OrdersQuery, PlaceOrder, Quantity, Reason,
};
pub use port::Ordering;
pub use refusal::OrderingRefusal;
