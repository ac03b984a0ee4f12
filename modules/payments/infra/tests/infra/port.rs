//! The port on its real store and the sandbox, in process and through the wire, every command and query repeated.

use std::{sync::Arc, time::Duration};

use outgrow::{CallContext, CallError, Dispatch, Loopback, Port as _, Served};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use outgrow_testkit::{SequentialIds, TestHome, Twice};
use payments_contract::{
    AuthorizePayment, CapturePayment, PaymentId, PaymentQuery, PaymentStatus, Payments, PaymentsRefusal,
    RefundPayment,
};
use payments_infra::SPEC;
use tokio::task::JoinSet;

use crate::{
    on_both_engines,
    sample::{euro, id},
};

on_both_engines! {
    in_process_everything_is_as_it_is_told
    through_the_wire_everything_is_as_it_is_told
    many_at_once_pay_once
    what_happened_is_in_the_outbox_once
}

fn policies() -> Policies {
    Policies::new(Access::to(<dyn Payments>::DESC, &[&SPEC]))
}

async fn in_process_everything_is_as_it_is_told(place: TestHome) {
    let local = payments_infra::build(place.home());
    body(&*<dyn Payments>::via(Twice(Router::new(Some(local), Route::Local, policies())))).await;
    charged_once(&place).await;
}

async fn through_the_wire_everything_is_as_it_is_told(place: TestHome) {
    let served = Served(payments_infra::build(place.home()));
    let door: Arc<dyn Dispatch> = Arc::new(Door::new(Arc::new(served), policies()));
    let target = Target::new("payments", Arc::new(Loopback(door)));
    let route = Route::Remote(vec![target]);
    body(&*<dyn Payments>::via(Twice(Router::new(None, route, policies())))).await;
    charged_once(&place).await;
}

fn cx(key: &str) -> CallContext {
    CallContext::new("edge", SequentialIds::nth(1)).with_key(key.parse().unwrap())
}

fn authorize(number: u64, token: &str) -> AuthorizePayment {
    AuthorizePayment { payment: id(number), token: token.parse().unwrap(), amount: euro(1250) }
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, CallError<PaymentsRefusal>>) -> PaymentsRefusal {
    match answer.unwrap_err() {
        CallError::Refused(refusal) => refusal,
        error @ (CallError::NotExecuted(_) | CallError::InDoubt(_)) => panic!("{error}"),
    }
}

/// What is told to every placement, on every engine.
async fn body(payments: &dyn Payments) {
    what_can_be_paid_is_paid(payments).await;
    refusals_are_typed(payments).await;
    what_is_late_is_in_doubt(payments).await;
}

async fn what_can_be_paid_is_paid(payments: &dyn Payments) {
    for (number, token) in (1..).zip(["tok_ok", "tok_timeout", "tok_timeout", "tok_timeout", "tok_timeout"]) {
        let key = |what: &str| cx(&format!("{what}{number}"));
        let status = async || {
            payments.payment(&key("query"), PaymentQuery { payment: id(number) }).await.unwrap().status
        };
        let authorized = payments.authorize(&key("authorize"), authorize(number, token)).await.unwrap();
        assert_eq!(
            (authorized.status, status().await),
            (PaymentStatus::Authorized, PaymentStatus::Authorized)
        );
        let captured =
            payments.capture(&key("capture"), CapturePayment { payment: id(number) }).await.unwrap();
        assert_eq!((captured.status, captured.captured), (PaymentStatus::Captured, euro(1250)));
        let refunded = payments.refund(&key("refund"), RefundPayment { payment: id(number) }).await.unwrap();
        assert_eq!(
            (refunded.status, refunded.refunded, status().await),
            (PaymentStatus::Refunded, euro(1250), PaymentStatus::Refunded)
        );
    }
}

async fn refusals_are_typed(payments: &dyn Payments) {
    let (declined, strange, never) = (id(10), id(11), id(12));
    for (payment, token, code) in [(10, "tok_declined", "card-declined"), (11, "tok_stolen", "unknown-token")]
    {
        let refused = refusal(payments.authorize(&cx(token), authorize(payment, token)).await);
        assert!(matches!(refused, PaymentsRefusal::Declined { code: why, .. } if why == code));
    }
    let capture = async |payment| {
        refusal(payments.capture(&cx(&format!("c{payment}")), CapturePayment { payment }).await)
    };
    assert_eq!(capture(declined).await, PaymentsRefusal::NotAuthorized { payment: declined });
    assert_eq!(capture(never).await, PaymentsRefusal::UnknownPayment { payment: never });
    let ended = payments.refund(&cx("strange"), RefundPayment { payment: strange }).await.unwrap();
    assert_eq!(ended.status, PaymentStatus::Declined);
    let early = payments.refund(&cx("early"), RefundPayment { payment: never }).await.unwrap();
    assert_eq!((early.status, early.amount.to_string()), (PaymentStatus::Voided, "0 XXX".to_owned()));
    let late = refusal(payments.authorize(&cx("late"), authorize(12, "tok_ok")).await);
    assert_eq!(late, PaymentsRefusal::Ended { payment: never });
    let other = AuthorizePayment { amount: euro(1), ..authorize(1, "tok_ok") };
    assert_eq!(
        refusal(payments.authorize(&cx("o"), other).await),
        PaymentsRefusal::AuthorizedOtherwise { payment: id(1) }
    );
}

/// The clock stands still: what is late stays so.
async fn what_is_late_is_in_doubt(payments: &dyn Payments) {
    let cx_late = cx("tok_late").within(Duration::from_millis(500));
    let late = payments.authorize(&cx_late, authorize(20, "tok_late")).await;
    assert!(matches!(late, Err(CallError::InDoubt(_))), "{late:?}");
    let pending = payments.payment(&cx("pending"), PaymentQuery { payment: id(20) }).await.unwrap();
    assert_eq!(pending.status, PaymentStatus::Pending);
}

/// The provider has done everything once, and as much as is in the ledger.
async fn charged_once(place: &TestHome) {
    let db = place.home().db();
    let twice = db.query(
        "select payment from sandbox_operations where code is null group by payment, act having count(*) > 1",
    );
    assert!(twice.all().await.unwrap().is_empty());
    let count = async |sql: &'static str| db.query(sql).one().await.unwrap().get::<i64>("n").unwrap();
    let done = count("select count(*) as n from sandbox_operations where act in ('capture', 'refund') and arrived and code is null").await;
    assert_eq!((done, count("select count(*) as n from ledger_transfers").await), (10, 10));
}

async fn many_at_once_pay_once(place: TestHome) {
    let (payments, db) = (payments_infra::build(place.home()), place.home().db());
    let all_at_once = async |pay: fn(Arc<dyn Payments>, u64) -> JoinSet<PaymentStatus>| {
        pay(Arc::clone(&payments), 1).join_all().await
    };
    let authorized = all_at_once(|payments, number| {
        (0..10)
            .map(|caller| {
                let payments = Arc::clone(&payments);
                async move {
                    let answer =
                        payments.authorize(&cx(&format!("a{caller}")), authorize(number, "tok_ok")).await;
                    answer.unwrap().status
                }
            })
            .collect()
    });
    assert_eq!(authorized.await, [PaymentStatus::Authorized; 10]);
    let captured = all_at_once(|payments, number| {
        (0..10)
            .map(|caller| {
                let (payments, payment) = (Arc::clone(&payments), PaymentId(id(number).0));
                async move {
                    let answer =
                        payments.capture(&cx(&format!("c{caller}")), CapturePayment { payment }).await;
                    answer.unwrap().status
                }
            })
            .collect()
    });
    assert_eq!(captured.await, [PaymentStatus::Captured; 10]);
    let rows = db.query("select kind from payment_records order by version").all().await.unwrap();
    let kinds: Vec<String> = rows.iter().map(|row| row.get("kind").unwrap()).collect();
    assert_eq!(kinds, ["authorization-requested", "authorized", "capture-requested", "captured"]);
}

async fn what_happened_is_in_the_outbox_once(place: TestHome) {
    let (payments, db) = (payments_infra::build(place.home()), place.home().db());
    for _ in 0..2 {
        payments.authorize(&cx("a"), authorize(1, "tok_ok")).await.unwrap();
        payments.capture(&cx("c"), CapturePayment { payment: id(1) }).await.unwrap();
        payments.refund(&cx("r"), RefundPayment { payment: id(1) }).await.unwrap();
    }
    let rows = db.query("select sequence, kind from outgrow_outbox order by sequence").all().await.unwrap();
    let told: Vec<(i64, String)> =
        rows.iter().map(|row| (row.get("sequence").unwrap(), row.get("kind").unwrap())).collect();
    let kinds = ["authorized", "captured", "refunded"].map(|kind| format!("payments.v1.payment_{kind}"));
    assert_eq!(told, (1..).zip(kinds).collect::<Vec<_>>());
}
