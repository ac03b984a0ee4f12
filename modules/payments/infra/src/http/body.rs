//! What goes over HTTP: the public shape of a payment, apart from the contract's.

use adapter_http::MoneyJson;
use payments_contract::{Payment, PaymentStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(super) struct PaymentBody {
    /// The order that is paid.
    #[schema(format = "uuid")]
    order: String,
    /// What has become of it.
    status: StatusBody,
    /// What was to be paid.
    amount: MoneyJson,
    /// What was taken. Stays when it is given back.
    captured: MoneyJson,
    /// What was given back of that.
    refunded: MoneyJson,
    /// Why the provider said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonBody>,
}

/// What has become of a payment.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = PaymentStatus)]
#[serde(rename_all = "lowercase")]
enum StatusBody {
    Pending,
    Authorized,
    Declined,
    Captured,
    Refunded,
    Voided,
}

/// Why the provider said no.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentReason)]
struct ReasonBody {
    /// A stable code, such as `card-declined`.
    code: String,
    /// A sentence for people.
    message: String,
}

impl From<Payment> for PaymentBody {
    fn from(payment: Payment) -> Self {
        Self {
            order: payment.id.to_string(),
            status: payment.status.into(),
            amount: payment.amount.into(),
            captured: payment.captured.into(),
            refunded: payment.refunded.into(),
            reason: payment.reason.map(|reason| ReasonBody { code: reason.code, message: reason.message }),
        }
    }
}

impl From<PaymentStatus> for StatusBody {
    fn from(status: PaymentStatus) -> Self {
        match status {
            PaymentStatus::Pending => Self::Pending,
            PaymentStatus::Authorized => Self::Authorized,
            PaymentStatus::Declined => Self::Declined,
            PaymentStatus::Captured => Self::Captured,
            PaymentStatus::Refunded => Self::Refunded,
            PaymentStatus::Voided => Self::Voided,
        }
    }
}
