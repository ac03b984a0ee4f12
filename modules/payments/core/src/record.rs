//! What is kept of a payment, one record after the other.
//!
//! What the provider is to do is kept *before* it is asked to: so whoever comes after a crash knows what may have
//! happened, and asks. These are no events for others: those are told when an outcome is known.

use outgrow::Money;
use payments_contract::{PaymentEvent, PaymentId, PaymentToken, Reason};

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The amount is to be set aside.
    AuthorizationRequested(Terms),
    /// It is.
    Authorized,
    /// The provider said no, and the payment has ended.
    Declined(Reason),
    /// What was set aside is to be taken.
    CaptureRequested,
    /// It was.
    Captured,
    /// The provider said no; the amount is still set aside.
    CaptureDeclined(Reason),
    /// What was set aside is to be let go.
    VoidRequested,
    /// It was.
    Voided,
    /// What was taken is to be given back.
    RefundRequested,
    /// It was.
    Refunded,
    /// The payment was ended before anybody had heard of it.
    EndedEarly,
}

/// What is paid, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How.
    pub token: PaymentToken,
    /// How much.
    pub amount: Money,
}

impl Record {
    /// What is told of it; none of what is only intended, and of a capture that was declined: nothing has changed.
    pub fn told(&self, payment: PaymentId, amount: Money) -> Option<PaymentEvent> {
        match self {
            Self::Authorized => Some(PaymentEvent::PaymentAuthorized { payment, amount }),
            Self::Captured => Some(PaymentEvent::PaymentCaptured { payment, amount }),
            Self::Declined(reason) => Some(PaymentEvent::PaymentDeclined { payment, reason: reason.clone() }),
            Self::Refunded => Some(PaymentEvent::PaymentRefunded { payment, amount }),
            Self::Voided | Self::EndedEarly => Some(PaymentEvent::PaymentVoided { payment }),
            Self::AuthorizationRequested(_)
            | Self::CaptureRequested
            | Self::CaptureDeclined(_)
            | Self::VoidRequested
            | Self::RefundRequested => None,
        }
    }
}
