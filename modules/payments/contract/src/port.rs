//! The port.

use outgrow::{Answer, CallContext, port};

use crate::{AuthorizePayment, CapturePayment, Payment, PaymentQuery, PaymentsRefusal, RefundPayment};

/// Payments: authorized, then captured, and ended by a refund.
///
/// Whoever gets no answer, or one in doubt, asks the same again: no repetition moves money twice.
#[port("payments.v1")]
pub trait Payments {
    /// Has the provider set an amount aside. Asked again for the same amount and token, it answers what came of it.
    #[command(idempotent)]
    async fn authorize(
        &self,
        cx: &CallContext,
        request: AuthorizePayment,
    ) -> Answer<Payment, PaymentsRefusal>;

    /// Takes what was set aside, all of it. Taking it again changes nothing.
    #[command(idempotent)]
    async fn capture(&self, cx: &CallContext, request: CapturePayment) -> Answer<Payment, PaymentsRefusal>;

    /// Ends a payment, whatever has become of it: what was captured is given back, what was only authorized is voided,
    /// and of what is pending the outcome is found out first. One that nobody has heard of ends before it began:
    /// authorizing it later is refused. What has ended stays as it is.
    #[command(idempotent)]
    async fn refund(&self, cx: &CallContext, request: RefundPayment) -> Answer<Payment, PaymentsRefusal>;

    /// What has become of a payment.
    #[query]
    async fn payment(&self, cx: &CallContext, request: PaymentQuery) -> Answer<Payment, PaymentsRefusal>;
}
