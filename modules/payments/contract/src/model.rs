//! Requests and answers.

use outgrow::{Money, Wire};

use crate::{PaymentId, PaymentToken};

/// Sets an amount aside.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct AuthorizePayment {
    /// The payment to make.
    #[wire(1)]
    pub payment: PaymentId,
    /// How it is paid.
    #[wire(2)]
    pub token: PaymentToken,
    /// How much: more than nothing.
    #[wire(3)]
    pub amount: Money,
}

/// Takes what was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct CapturePayment {
    /// Which payment.
    #[wire(1)]
    pub payment: PaymentId,
}

/// Ends a payment.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct RefundPayment {
    /// Which payment.
    #[wire(1)]
    pub payment: PaymentId,
}

/// Asks for one payment.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct PaymentQuery {
    /// Which payment.
    #[wire(1)]
    pub payment: PaymentId,
}

/// A payment. Its amounts are of one currency.
///
/// One that ended before it began is voided, of 0 `XXX`: ISO 4217 for no currency at all.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Payment {
    /// Which one.
    #[wire(1)]
    pub id: PaymentId,
    /// What has become of it.
    #[wire(2)]
    pub status: PaymentStatus,
    /// What was to be paid.
    #[wire(3)]
    pub amount: Money,
    /// What was taken: all of it, or nothing. Stays when it is given back.
    #[wire(4)]
    pub captured: Money,
    /// What was given back of that.
    #[wire(5)]
    pub refunded: Money,
    /// Why the provider said no.
    #[wire(6)]
    pub reason: Option<Reason>,
}

/// What has become of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Wire)]
pub enum PaymentStatus {
    /// The provider was asked, or is about to be; what came of it is not known yet.
    #[wire(1)]
    Pending,
    /// The amount is set aside.
    #[wire(2)]
    Authorized,
    /// The provider said no, and nothing was set aside.
    #[wire(3)]
    Declined,
    /// The amount was taken.
    #[wire(4)]
    Captured,
    /// The amount was taken, and given back.
    #[wire(5)]
    Refunded,
    /// It ended before anything was taken.
    #[wire(6)]
    Voided,
}

/// Such as `authorized`.
impl std::fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Declined => "declined",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
        })
    }
}

/// Why the provider said no.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Reason {
    /// A stable code, such as `card-declined`.
    #[wire(1)]
    pub code: String,
    /// A sentence for people.
    #[wire(2)]
    pub message: String,
}
