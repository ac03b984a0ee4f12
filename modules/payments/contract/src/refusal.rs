//! What Payments says no to.

use outgrow::{Money, Unread, Wire};

use crate::PaymentId;

/// Why Payments refused.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum PaymentsRefusal {
    /// The provider said no. It would say so again.
    #[error("the payment was declined ({code}): {message}")]
    #[wire(1)]
    Declined {
        /// A stable code, such as `card-declined`.
        #[wire(1)]
        code: String,
        /// A sentence for people.
        #[wire(2)]
        message: String,
    },
    /// There is no such payment.
    #[error("there is no payment {payment}")]
    #[wire(2)]
    UnknownPayment {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
    },
    /// The payment exists, with another amount or another token.
    #[error("payment {payment} was made with another amount or token")]
    #[wire(3)]
    AuthorizedOtherwise {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
    },
    /// The payment was ended by a refund, or before it began.
    #[error("payment {payment} has ended")]
    #[wire(4)]
    Ended {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
    },
    /// Nothing was set aside that could be taken.
    #[error("payment {payment} is not authorized")]
    #[wire(5)]
    NotAuthorized {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
    },
    /// Nothing, or less, cannot be paid.
    #[error("what is paid is more than nothing, not {amount}")]
    #[wire(6)]
    WrongAmount {
        /// What was to be paid.
        #[wire(1)]
        amount: Money,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
