//! Several at once on one payment: each operation is done once.

use outgrow::CallError;
use payments_contract::{PaymentStatus, PaymentsRefusal};
use tokio::task::JoinSet;

use crate::till::{
    Answered,
    Command::{self, Authorize, Capture, Refund},
    Till,
};

/// All of them at once, each under a key of its own.
async fn at_once(till: &Till, commands: &[Command]) -> Vec<Answered> {
    let mut running = JoinSet::new();
    for (number, command) in (0..).zip(commands.iter().copied()) {
        let till = till.clone();
        running.spawn(async move { till.run(command, &format!("{command:?}-{number}")).await });
    }
    running.join_all().await
}

#[tokio::test]
async fn two_who_authorize_the_same_payment_get_the_same_answer_and_it_is_authorized_once() {
    let till = Till::new();
    for answer in at_once(&till, &[Authorize, Authorize]).await {
        assert_eq!(answer.unwrap().status, PaymentStatus::Authorized);
    }
    assert_eq!((till.provider.done(), till.store.told().len()), (vec!["authorize"], 1));
}

#[tokio::test]
async fn many_who_do_the_same_move_the_money_once() {
    let till = Till::new();
    at_once(&till, &[Authorize; 10]).await;
    at_once(&till, &[Capture; 10]).await;
    at_once(&till, &[Refund; 10]).await;
    let done = vec!["authorize", "capture", "refund"];
    assert_eq!((till.provider.done(), till.store.told().len(), till.store.transfers().len()), (done, 3, 2));
}

#[tokio::test]
async fn whoever_is_overtaken_by_the_end_is_told_so_and_nothing_stays_taken() {
    let till = Till::new();
    till.done(&[Authorize]).await;
    for answer in at_once(&till, &[Capture, Refund, Capture, Refund]).await {
        match answer {
            Ok(payment) => assert_ne!(payment.status, PaymentStatus::Pending),
            Err(error) => {
                assert!(matches!(error, CallError::Refused(PaymentsRefusal::Ended { .. })), "{error:?}");
            }
        }
    }
    let shown = till.kept().await.shown();
    assert_eq!(shown.captured, shown.refunded);
    assert!(matches!(shown.status, PaymentStatus::Refunded | PaymentStatus::Voided), "{shown:?}");
}
