//! Authorizing and capturing, when nothing is lost.

use outgrow::{CallError, CauseKind, Money};
use payments_contract::{AuthorizePayment, PaymentEvent, PaymentStatus, PaymentsRefusal};
use payments_core::Movement;

use crate::{
    provider::Fate,
    sample::{euro, id, reason},
    till::{
        Command::{Authorize, Capture},
        Till, authorization,
    },
};

#[tokio::test]
async fn what_is_authorized_and_captured_is_told_and_has_moved() {
    let till = Till::new();
    let authorized = till.run(Authorize, "one").await.unwrap();
    assert_eq!((authorized.status, authorized.captured), (PaymentStatus::Authorized, euro(0)));
    assert!(till.store.transfers().is_empty(), "what is set aside has not moved");
    let captured = till.run(Capture, "two").await.unwrap();
    assert_eq!((captured.status, captured.captured), (PaymentStatus::Captured, euro(1250)));
    assert_eq!(till.payment(id(1)).await, Ok(captured));
    let (payment, amount) = (id(1), euro(1250));
    let told = [
        PaymentEvent::PaymentAuthorized { payment, amount },
        PaymentEvent::PaymentCaptured { payment, amount },
    ];
    assert_eq!(till.store.told(), told);
    let moved = till.store.transfers();
    assert_eq!(
        moved.iter().map(|it| (it.movement, it.amount)).collect::<Vec<_>>(),
        [(Movement::Capture, amount)]
    );
    assert_eq!(till.provider.done(), ["authorize", "capture"]);
}

#[tokio::test]
async fn asking_again_changes_nothing_under_any_key() {
    let till = Till::new();
    for key in ["one", "one", "two"] {
        till.run(Authorize, key).await.unwrap();
    }
    for key in ["one", "one", "two"] {
        till.run(Capture, key).await.unwrap();
    }
    till.run(Authorize, "three").await.unwrap();
    assert_eq!((till.provider.done(), till.provider.asked()), (vec!["authorize", "capture"], 0));
    assert_eq!((till.store.told().len(), till.store.transfers().len()), (2, 1));
}

#[tokio::test]
async fn what_is_declined_stays_declined() {
    let till = Till::new();
    till.submissions([Fate::Declined]);
    let refused = || {
        let (code, message) = (reason().code, reason().message);
        Err(CallError::Refused(PaymentsRefusal::Declined { code, message }))
    };
    for key in ["one", "one", "two"] {
        assert_eq!(till.run(Authorize, key).await, refused());
    }
    let unauthorized = PaymentsRefusal::NotAuthorized { payment: id(1) };
    assert_eq!(till.run(Capture, "three").await, Err(CallError::Refused(unauthorized)));
    let payment = till.payment(id(1)).await.unwrap();
    assert_eq!((payment.status, payment.reason), (PaymentStatus::Declined, Some(reason())));
    assert_eq!(till.store.told(), [PaymentEvent::PaymentDeclined { payment: id(1), reason: reason() }]);
    assert!(till.provider.done().is_empty());
}

#[tokio::test]
async fn a_capture_that_is_declined_leaves_the_amount_set_aside() {
    let till = Till::new();
    till.done(&[Authorize]).await;
    till.submissions([Fate::Declined]);
    for key in ["one", "one", "two"] {
        let refused = till.run(Capture, key).await;
        assert!(matches!(refused, Err(CallError::Refused(PaymentsRefusal::Declined { .. }))), "{refused:?}");
    }
    assert_eq!(till.payment(id(1)).await.unwrap().status, PaymentStatus::Authorized);
    assert_eq!((till.store.told().len(), till.store.transfers().len()), (1, 0));
}

#[tokio::test]
async fn the_same_payment_with_another_amount_or_token_is_refused() {
    let till = Till::new();
    till.done(&[Authorize]).await;
    let others = [
        AuthorizePayment { amount: euro(1251), ..authorization() },
        AuthorizePayment {
            amount: Money { currency: "USD".parse().unwrap(), ..euro(1250) },
            ..authorization()
        },
        AuthorizePayment { token: "tok_late".parse().unwrap(), ..authorization() },
    ];
    for (key, other) in ["one", "two", "three"].into_iter().zip(others) {
        let refused = PaymentsRefusal::AuthorizedOtherwise { payment: id(1) };
        assert_eq!(till.authorize(key, other).await, Err(CallError::Refused(refused)));
    }
    assert_eq!(till.provider.done(), ["authorize"]);
}

#[tokio::test]
async fn nothing_and_less_cannot_be_paid() {
    let till = Till::new();
    for (key, amount) in [("one", euro(0)), ("two", euro(-1))] {
        let refused = till.authorize(key, AuthorizePayment { amount, ..authorization() }).await;
        assert_eq!(refused, Err(CallError::Refused(PaymentsRefusal::WrongAmount { amount })));
    }
    let unknown = PaymentsRefusal::UnknownPayment { payment: id(1) };
    assert_eq!(till.payment(id(1)).await, Err(CallError::Refused(unknown)), "nothing was attempted");
}

#[tokio::test]
async fn a_payment_nobody_has_heard_of_cannot_be_captured() {
    let till = Till::new();
    let unknown = PaymentsRefusal::UnknownPayment { payment: id(1) };
    assert_eq!(till.run(Capture, "one").await, Err(CallError::Refused(unknown)));
}

#[tokio::test]
async fn one_key_is_for_one_request() {
    let till = Till::new();
    till.run(Authorize, "one").await.unwrap();
    let other =
        till.authorize("one", AuthorizePayment { payment: id(2), ..authorization() }).await.unwrap_err();
    assert_eq!(other.why().map(|cause| cause.kind), Some(CauseKind::KeyReused));
}
