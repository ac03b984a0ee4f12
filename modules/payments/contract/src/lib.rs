//! What other modules may ask of Payments.
//!
//! A payment is *authorized* (the provider sets its amount aside) or *declined*, then *captured* (the amount is taken).
//! A refund ends it: what was captured is given back, what was not is *voided*. Each outcome is told as a
//! [`PaymentEvent`].
//!
//! ```
//! use outgrow::Money;
//! use payments_contract::{AuthorizePayment, PaymentId};
//!
//! let request = AuthorizePayment {
//!     payment: "0197f0e5-0000-7000-8000-000000000001".parse::<PaymentId>()?,
//!     token: "tok_ok".parse()?,
//!     amount: Money { amount: 1250, currency: "EUR".parse()? },
//! };
//! assert_eq!(request.amount.to_string(), "1250 EUR");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod id;
mod model;
mod port;
mod refusal;

pub use event::PaymentEvent;
pub use id::{PaymentId, PaymentToken};
pub use model::{
    AuthorizePayment, CapturePayment, Payment, PaymentQuery, PaymentStatus, Reason, RefundPayment,
};
pub use port::Payments;
pub use refusal::PaymentsRefusal;
