//! What happens to payments, told to whoever listens.

use outgrow::{Event, Money, Unread, Wire};

use crate::{PaymentId, Reason};

/// What happens to a payment, in the order in which its outcomes became known: what is only intended is not told.
#[derive(Clone, Debug, PartialEq, Eq, Wire, Event)]
#[event("payments.v1", key = "payment")]
pub enum PaymentEvent {
    /// The amount is set aside.
    #[wire(1)]
    PaymentAuthorized {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
        /// How much.
        #[wire(2)]
        amount: Money,
    },
    /// The amount was taken.
    #[wire(2)]
    PaymentCaptured {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
        /// How much.
        #[wire(2)]
        amount: Money,
    },
    /// The provider said no to setting the amount aside.
    #[wire(3)]
    PaymentDeclined {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
        /// Why.
        #[wire(2)]
        reason: Reason,
    },
    /// The amount was given back.
    #[wire(4)]
    PaymentRefunded {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
        /// How much.
        #[wire(2)]
        amount: Money,
    },
    /// It ended before anything was taken.
    #[wire(5)]
    PaymentVoided {
        /// Which one.
        #[wire(1)]
        payment: PaymentId,
    },
    /// An event of a newer version.
    #[wire(other)]
    Other(Unread),
}
