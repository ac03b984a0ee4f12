//! Refunding, at every moment of a payment's life.

use outgrow::CallError;
use payments_contract::{PaymentEvent, PaymentStatus, PaymentsRefusal};
use payments_core::Movement;

use crate::{
    provider::{Asked, Fate},
    sample::{euro, id},
    till::{
        Command::{self, Authorize, Capture, Refund},
        Till,
    },
};

/// After the end nothing more is done, whatever is asked.
async fn ended(till: &Till, status: PaymentStatus) {
    let (done, told) = (till.provider.done(), till.store.told());
    assert_eq!(till.run(Refund, "once-more").await.unwrap().status, status);
    for command in [Authorize, Capture] {
        let refused = PaymentsRefusal::Ended { payment: id(1) };
        assert_eq!(till.run(command, "too-late").await, Err(CallError::Refused(refused)));
    }
    assert_eq!((till.provider.done(), till.store.told()), (done, told));
}

#[tokio::test]
async fn what_was_captured_is_given_back() {
    let till = Till::new();
    till.done(&[Authorize, Capture]).await;
    let refunded = till.run(Refund, "refund").await.unwrap();
    assert_eq!(
        (refunded.status, refunded.captured, refunded.refunded),
        (PaymentStatus::Refunded, euro(1250), euro(1250))
    );
    let movements: Vec<_> = till.store.transfers().iter().map(|transfer| transfer.movement).collect();
    assert_eq!(movements, [Movement::Capture, Movement::Refund]);
    let told = PaymentEvent::PaymentRefunded { payment: id(1), amount: euro(1250) };
    assert_eq!(till.store.told().last(), Some(&told));
    ended(&till, PaymentStatus::Refunded).await;
    assert_eq!(till.provider.done(), ["authorize", "capture", "refund"]);
}

#[tokio::test]
async fn what_was_only_authorized_is_voided() {
    let till = Till::new();
    till.done(&[Authorize]).await;
    let voided = till.run(Refund, "refund").await.unwrap();
    assert_eq!((voided.status, voided.amount, voided.captured), (PaymentStatus::Voided, euro(1250), euro(0)));
    assert_eq!(till.store.told().last(), Some(&PaymentEvent::PaymentVoided { payment: id(1) }));
    ended(&till, PaymentStatus::Voided).await;
    assert_eq!(till.provider.done(), ["authorize", "void"]);
}

#[tokio::test]
async fn what_was_never_heard_of_cannot_be_authorized_afterwards() {
    let till = Till::new();
    let voided = till.run(Refund, "refund").await.unwrap();
    assert_eq!((voided.status, voided.amount.to_string()), (PaymentStatus::Voided, "0 XXX".to_owned()));
    assert_eq!(till.store.told(), [PaymentEvent::PaymentVoided { payment: id(1) }]);
    ended(&till, PaymentStatus::Voided).await;
    assert_eq!((till.provider.done(), till.provider.asked()), (vec![], 0), "nobody bothers the provider");
}

#[tokio::test]
async fn what_was_declined_stays_so() {
    let till = Till::new();
    till.submissions([Fate::Declined]);
    assert!(till.run(Authorize, "one").await.is_err());
    assert_eq!(till.run(Refund, "refund").await.unwrap().status, PaymentStatus::Declined);
    assert_eq!((till.provider.done(), till.store.told().len()), (vec![], 1));
}

#[tokio::test]
async fn a_capture_that_was_declined_is_voided() {
    let till = Till::new();
    till.done(&[Authorize]).await;
    till.submissions([Fate::Declined]);
    assert!(till.run(Capture, "capture").await.is_err());
    assert_eq!(till.run(Refund, "refund").await.unwrap().status, PaymentStatus::Voided);
    assert_eq!(till.provider.done(), ["authorize", "void"]);
}

#[tokio::test]
async fn of_what_is_pending_the_outcome_is_found_out_before_it_is_ended() {
    // What came of the authorization, and how the payment therefore ends.
    let cases: [(Fate, PaymentStatus, &[&str]); 3] = [
        (Fate::AnswerLost, PaymentStatus::Voided, &["authorize", "void"]),
        (Fate::QuestionLost, PaymentStatus::Voided, &["authorize", "void"]),
        (Fate::NoLost, PaymentStatus::Declined, &[]),
    ];
    for (fate, status, done) in cases {
        let till = Till::new();
        till.submissions([fate]);
        till.questions([Asked::NoAnswer]);
        assert!(matches!(till.run(Authorize, "one").await, Err(CallError::InDoubt(_))));
        assert_eq!(till.payment(id(1)).await.unwrap().status, PaymentStatus::Pending);
        assert_eq!(till.run(Refund, "refund").await.unwrap().status, status, "{fate:?}");
        assert_eq!(till.provider.done(), done, "{fate:?}");
    }
}

#[tokio::test]
async fn a_late_success_is_refunded() {
    for pending in [Authorize, Capture] {
        let till = Till::new();
        let before: &[Command] = if pending == Capture { &[Authorize] } else { &[] };
        till.done(before).await;
        till.submissions([Fate::AnswerLost]);
        till.questions([Asked::InProgress; 3]);
        assert!(matches!(till.run(pending, "late").await, Err(CallError::InDoubt(_))));
        for _ in 0..2 {
            let doubt = till.run(Refund, "refund").await;
            assert!(matches!(doubt, Err(CallError::InDoubt(_))), "nobody guesses: {doubt:?}");
        }
        let ended = till.run(Refund, "refund").await.unwrap();
        assert_eq!(ended.captured, ended.refunded);
        let done = if pending == Capture {
            vec!["authorize", "capture", "refund"]
        } else {
            vec!["authorize", "void"]
        };
        assert_eq!(till.provider.done(), done);
        let again = till.run(pending, "late").await;
        assert_eq!(again, Err(CallError::Refused(PaymentsRefusal::Ended { payment: id(1) })));
    }
}

#[tokio::test]
async fn a_refund_that_the_provider_will_not_make_is_refused_until_it_does() {
    let till = Till::new();
    till.done(&[Authorize, Capture]).await;
    till.submissions([Fate::Declined]);
    for key in ["one", "one", "two"] {
        let refused = till.run(Refund, key).await;
        assert!(matches!(refused, Err(CallError::Refused(PaymentsRefusal::Declined { .. }))), "{refused:?}");
    }
    let payment = till.payment(id(1)).await.unwrap();
    assert_eq!(
        (payment.status, payment.refunded),
        (PaymentStatus::Pending, euro(0)),
        "it is still to be ended"
    );
    assert_eq!(till.store.transfers().len(), 1);
}

#[tokio::test]
async fn money_that_is_not_let_go_leaves_in_doubt_whoever_asks_for_anything_else() {
    for before in [&[Authorize][..], &[Authorize, Capture]] {
        let till = Till::new();
        till.done(before).await;
        till.submissions([Fate::Declined]);
        let refused = till.run(Refund, "refund").await;
        assert!(matches!(refused, Err(CallError::Refused(PaymentsRefusal::Declined { .. }))), "{refused:?}");
        // Were this `Declined`, it would mean that nothing was set aside, and nobody would look.
        for command in [Authorize, Capture] {
            for _ in 0..2 {
                let doubt = till.run(command, "anew").await;
                assert!(matches!(doubt, Err(CallError::InDoubt(_))), "{command:?}: {doubt:?}");
            }
        }
        assert_eq!(till.payment(id(1)).await.unwrap().status, PaymentStatus::Pending);
    }
}
