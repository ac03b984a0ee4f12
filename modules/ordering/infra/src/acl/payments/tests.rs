//! What Ordering makes of what Payments says.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use async_trait::async_trait;
use ordering_contract::{OrderId, OrderStatus};
use ordering_core::{HoldId, Order, Till as _};
use outgrow::{Answer, CallContext, CallError, CauseKind, Money, Unread};
use outgrow_testkit::SequentialIds;
use payments_contract::{
    AuthorizePayment, CapturePayment, Payment, PaymentId, PaymentQuery, PaymentStatus, Payments,
    PaymentsRefusal, RefundPayment,
};
use time::OffsetDateTime;

use super::PaymentsTill;

type Failure = CallError<PaymentsRefusal>;

/// Payments that fail as they were told to, whatever they are asked; or else give back what there is.
struct Failing {
    failure: Failure,
    /// How often they have given something back, where they do.
    given_back: Option<AtomicU32>,
}

impl Failing {
    fn at_all(failure: &Failure) -> Self {
        Self { failure: failure.clone(), given_back: None }
    }
}

#[async_trait]
impl Payments for Failing {
    async fn authorize(&self, _: &CallContext, _: AuthorizePayment) -> Answer<Payment, PaymentsRefusal> {
        Err(self.failure.clone())
    }
    async fn capture(&self, _: &CallContext, _: CapturePayment) -> Answer<Payment, PaymentsRefusal> {
        Err(self.failure.clone())
    }
    async fn refund(&self, _: &CallContext, request: RefundPayment) -> Answer<Payment, PaymentsRefusal> {
        let Some(given_back) = &self.given_back else { return Err(self.failure.clone()) };
        given_back.fetch_add(1, Relaxed);
        let (amount, nothing) = (order(1).total, order(0).total);
        Ok(Payment {
            id: request.payment,
            status: PaymentStatus::Voided,
            amount,
            captured: nothing,
            refunded: nothing,
            reason: None,
        })
    }
    async fn payment(&self, _: &CallContext, _: PaymentQuery) -> Answer<Payment, PaymentsRefusal> {
        Err(self.failure.clone())
    }
}

fn order(amount: i64) -> Order {
    Order {
        id: OrderId(SequentialIds::nth(1)),
        customer: "ada".parse().unwrap(),
        payment_token: "tok_ok".parse().unwrap(),
        lines: Vec::new(),
        total: Money { amount, currency: "EUR".parse().unwrap() },
        hold: HoldId(SequentialIds::nth(2)),
        status: OrderStatus::Placed,
        reason: None,
        placed_at: OffsetDateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn cx() -> CallContext {
    CallContext::new("ordering", SequentialIds::nth(3)).with_key(SequentialIds::nth(3).into())
}

/// What paying comes to, either step: the code of the reason, or that payments are away.
async fn pay(failure: &Failure, amount: i64) -> [Result<Result<(), String>, String>; 2] {
    let till = PaymentsTill::new(Arc::new(Failing::at_all(failure)));
    let said = |outcome: Result<Result<(), ordering_contract::Reason>, ordering_core::Unavailable>| {
        outcome.map(|paid| paid.map_err(|reason| reason.code)).map_err(|away| away.to_string())
    };
    [said(till.authorize(&cx(), &order(amount)).await), said(till.capture(&cx(), &order(amount)).await)]
}

#[tokio::test]
async fn a_refusal_rejects_the_order_for_a_reason_in_our_words() {
    let payment = PaymentId(SequentialIds::nth(1));
    let declined = PaymentsRefusal::Declined { code: "card-declined".to_owned(), message: "no".to_owned() };
    for (refusal, code) in [
        (declined, "payment-declined"),
        (PaymentsRefusal::Ended { payment }, "refused-by-payments"),
        (PaymentsRefusal::WrongAmount { amount: order(0).total }, "refused-by-payments"),
    ] {
        let refused = Ok(Err(code.to_owned()));
        assert_eq!(
            pay(&CallError::Refused(refusal.clone()), 1).await,
            [refused.clone(), refused],
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn after_a_no_that_may_mean_anything_money_is_given_back_before_the_order_is_rejected() {
    let payment = PaymentId(SequentialIds::nth(1));
    for refusal in [
        PaymentsRefusal::AuthorizedOtherwise { payment },
        PaymentsRefusal::NotAuthorized { payment },
        PaymentsRefusal::Other(Unread::new(99, b"new")),
    ] {
        let failure = CallError::Refused(refusal.clone());
        let payments = Arc::new(Failing { failure: failure.clone(), given_back: Some(AtomicU32::default()) });
        let till = PaymentsTill::new(Arc::<Failing>::clone(&payments));
        let reason = till.authorize(&cx(), &order(1)).await.unwrap().unwrap_err();
        assert_eq!(reason.code, "refused-by-payments", "{refusal}");
        assert_eq!(payments.given_back.as_ref().unwrap().load(Relaxed), 1, "{refusal}");

        // Where it cannot be given back, nobody rejects the order: it is tried again, and then people look.
        let [authorized, captured] = pay(&failure, 1).await;
        let away = authorized.unwrap_err();
        assert!(away.contains("what it may have set aside"), "{refusal}: {away}");
        assert_eq!(captured, Ok(Err("refused-by-payments".to_owned())), "{refusal}");
    }
}

#[tokio::test]
async fn no_failure_without_a_decision_ends_an_order() {
    for &kind in CauseKind::ALL {
        for failure in [CallError::not_executed(kind, "away"), CallError::in_doubt(kind, "lost")] {
            for away in pay(&failure, 1).await {
                let away = away.unwrap_err();
                assert!(away.starts_with("payments is not available: "), "{failure}: {away}");
            }
        }
    }
}

#[tokio::test]
async fn what_costs_nothing_is_not_paid() {
    let failure = CallError::in_doubt(CauseKind::Lost, "lost");
    assert_eq!(pay(&failure, 0).await, [Ok(Ok(())), Ok(Ok(()))]);
}

#[tokio::test]
async fn what_is_not_given_back_is_said_and_what_nobody_knows_is_waited_for() {
    let give_back = async |failure: Failure| {
        PaymentsTill::new(Arc::new(Failing::at_all(&failure)))
            .give_back(&cx(), OrderId(SequentialIds::nth(1)))
            .await
    };
    let declined = PaymentsRefusal::Declined { code: "no".to_owned(), message: "no".to_owned() };
    let said = give_back(CallError::Refused(declined)).await.unwrap().unwrap_err();
    assert_eq!(said.code, "payment-declined");
    assert!(give_back(CallError::in_doubt(CauseKind::Lost, "lost")).await.is_err());
}
