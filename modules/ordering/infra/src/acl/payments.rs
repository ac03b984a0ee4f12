//! Payments, as Ordering sees it: a till.
//!
//! There is one payment an order, under the order's own id. What costs nothing is not paid.

use std::sync::Arc;

use async_trait::async_trait;
use ordering_contract::{OrderId, Reason};
use ordering_core::{Order, Till, Unavailable};
use outgrow::{CallContext, CallError};
use payments_contract::{
    AuthorizePayment, CapturePayment, PaymentId, Payments, PaymentsRefusal, RefundPayment,
};

/// The till of Payments.
pub(crate) struct PaymentsTill {
    payments: Arc<dyn Payments>,
}

impl PaymentsTill {
    pub(crate) fn new(payments: Arc<dyn Payments>) -> Self {
        Self { payments }
    }
}

#[async_trait]
impl Till for PaymentsTill {
    async fn authorize(&self, cx: &CallContext, order: &Order) -> Result<Result<(), Reason>, Unavailable> {
        if order.total.amount == 0 {
            return Ok(Ok(()));
        }
        let token = order.payment_token.as_str().parse().map_err(|why| unavailable(&why))?;
        let request = AuthorizePayment { payment: PaymentId(order.id.0), token, amount: order.total };
        let answer = self.payments.authorize(&cx.step("authorize"), request).await;
        if let Err(CallError::Refused(refusal)) = &answer
            && !sets_nothing_aside(refusal)
            && let Err(why) = self.give_back(cx, order.id).await?
        {
            // Once this has taken too long the order is taken back, and asks again; then people look.
            return Err(unavailable(&format!("{refusal}; and what it may have set aside: {}", why.message)));
        }
        outcome(answer)
    }

    async fn capture(&self, cx: &CallContext, order: &Order) -> Result<Result<(), Reason>, Unavailable> {
        if order.total.amount == 0 {
            return Ok(Ok(()));
        }
        let request = CapturePayment { payment: PaymentId(order.id.0) };
        outcome(self.payments.capture(&cx.step("capture"), request).await)
    }

    async fn give_back(&self, cx: &CallContext, order: OrderId) -> Result<Result<(), Reason>, Unavailable> {
        let request = RefundPayment { payment: PaymentId(order.0) };
        outcome(self.payments.refund(&cx.step("give-back"), request).await)
    }
}

fn outcome<T>(answer: Result<T, CallError<PaymentsRefusal>>) -> Result<Result<(), Reason>, Unavailable> {
    match answer {
        Ok(_) => Ok(Ok(())),
        Err(CallError::Refused(refusal)) => Ok(Err(reason(&refusal))),
        Err(CallError::NotExecuted(cause) | CallError::InDoubt(cause)) => Err(unavailable(&cause)),
    }
}

/// Whether whoever refuses so certainly has set no money aside. Any other no may mean that there is some: it is given
/// back, which is harmless if there is none.
fn sets_nothing_aside(refusal: &PaymentsRefusal) -> bool {
    matches!(
        refusal,
        PaymentsRefusal::Declined { .. }
            | PaymentsRefusal::WrongAmount { .. }
            | PaymentsRefusal::Ended { .. }
    )
}

/// Why an order cannot be paid. The codes are Ordering's own and stay when those of Payments change.
fn reason(refusal: &PaymentsRefusal) -> Reason {
    let code = match refusal {
        PaymentsRefusal::Declined { .. } => "payment-declined",
        PaymentsRefusal::UnknownPayment { .. }
        | PaymentsRefusal::AuthorizedOtherwise { .. }
        | PaymentsRefusal::Ended { .. }
        | PaymentsRefusal::NotAuthorized { .. }
        | PaymentsRefusal::WrongAmount { .. }
        | PaymentsRefusal::Other(_) => "refused-by-payments",
    };
    Reason { code: code.to_owned(), message: refusal.to_string() }
}

fn unavailable(why: &impl ToString) -> Unavailable {
    Unavailable { who: "payments", why: why.to_string() }
}

#[cfg(test)]
mod tests;
