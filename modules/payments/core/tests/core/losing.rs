//! What is lost on the way: to the provider, back from it, or with the process. Nobody is charged twice, nobody guesses.

use outgrow::{CallError, CauseKind};
use payments_contract::PaymentStatus;

use crate::{
    memory::Failure,
    provider::{Asked, Fate, Script},
    sample::id,
    till::{
        Answered,
        Command::{self, Authorize, Capture, Refund},
        Till, cut_off,
    },
};

/// Each command, what comes before it, and what the provider has done after all.
const EACH: [(Command, &[Command], &[&str], PaymentStatus); 4] = [
    (Authorize, &[], &["authorize"], PaymentStatus::Authorized),
    (Capture, &[Authorize], &["authorize", "capture"], PaymentStatus::Captured),
    (Refund, &[Authorize], &["authorize", "void"], PaymentStatus::Voided),
    (Refund, &[Authorize, Capture], &["authorize", "capture", "refund"], PaymentStatus::Refunded),
];

fn in_doubt(answer: &Answered) -> bool {
    matches!(answer, Err(CallError::InDoubt(_)))
}

/// Everything was done once, and told once.
fn once(till: &Till, done: &[&str]) {
    assert_eq!(till.provider.done(), done);
    assert_eq!(till.store.told().len(), done.len());
    let moved = done.iter().filter(|act| ["capture", "refund"].contains(act)).count();
    assert_eq!(till.store.transfers().len(), moved);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for() {
    for (command, before, done, status) in EACH {
        for fate in [Fate::AnswerLost, Fate::QuestionLost] {
            let till = Till::new();
            till.done(before).await;
            till.submissions([fate]);
            assert_eq!(till.run(command, "key").await.unwrap().status, status);
            assert_eq!(till.provider.asked(), 1);
            once(&till, done);
        }
    }
}

#[tokio::test]
async fn what_nobody_knows_is_in_doubt_and_the_same_again_finds_out() {
    for (command, before, done, status) in EACH {
        for fate in [Fate::AnswerLost, Fate::QuestionLost] {
            for asked in [Asked::NoAnswer, Asked::InProgress] {
                let till = Till::new();
                till.done(before).await;
                till.submissions([fate]);
                till.questions([asked, asked]);
                for _ in 0..2 {
                    let answer = till.run(command, "key").await;
                    assert!(in_doubt(&answer), "{answer:?}");
                    assert_eq!(till.payment(id(1)).await.unwrap().status, PaymentStatus::Pending);
                }
                assert_eq!(till.run(command, "key").await.unwrap().status, status);
                once(&till, done);
            }
        }
    }
}

#[tokio::test]
async fn whoever_finds_something_pending_asks_before_anything_is_submitted() {
    let till = Till::new();
    till.submissions([Fate::NoLost]);
    till.questions([Asked::NoAnswer]);
    assert!(in_doubt(&till.run(Authorize, "key").await));
    // Were it submitted again without asking, this would be its fate, and the truth would never be known.
    till.submissions([Fate::AnswerLost, Fate::AnswerLost]);
    let refused = till.run(Authorize, "key").await;
    assert!(matches!(refused, Err(CallError::Refused(_))), "{refused:?}");
    assert_eq!((till.provider.asked(), till.provider.submissions.lock().unwrap().len()), (2, 2));
}

#[tokio::test]
async fn a_process_that_dies_anywhere_leaves_what_the_next_one_can_finish() {
    for (command, before, done, status) in EACH {
        // Before the intent; before the provider has it; after it was done; before the outcome is kept.
        let deaths: [(Option<Fate>, &[Option<Failure>]); 4] = [
            (None, &[Some(Failure::Died)]),
            (Some(Fate::Died), &[]),
            (Some(Fate::DoneAndDied), &[]),
            (None, &[None, Some(Failure::Died)]),
        ];
        for (fate, commits) in deaths {
            for key in ["key", "another"] {
                let till = Till::new();
                till.done(before).await;
                till.submissions(fate);
                till.commits(commits.iter().copied());
                cut_off(till.run(command, "key")).await;
                assert_eq!(till.run(command, key).await.unwrap().status, status, "{fate:?}, {commits:?}");
                once(&till, done);
            }
        }
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_not_executed_only_if_nothing_was_begun() {
    for (command, before, done, status) in EACH {
        for nth in 0..2 {
            for failure in [Failure::NotCommitted, Failure::InDoubt] {
                let till = Till::new();
                till.done(before).await;
                till.commits(std::iter::repeat_n(None, nth).chain([Some(failure)]));
                let answer = till.run(command, "key").await.unwrap_err();
                let certain = nth == 0 && failure == Failure::NotCommitted;
                assert_eq!(
                    matches!(answer, CallError::NotExecuted(_)),
                    certain,
                    "{nth}, {failure:?}: {answer:?}"
                );
                assert_eq!(answer.why().map(|cause| cause.kind), Some(CauseKind::Storage));
                assert_eq!(till.run(command, "key").await.unwrap().status, status);
                once(&till, done);
            }
        }
    }
}

#[tokio::test]
async fn a_provider_that_forgets_keys_is_still_not_asked_to_charge_twice_if_it_can_be_asked() {
    let till = Till::with(Script::forgetful());
    till.submissions([Fate::AnswerLost]);
    till.questions([Asked::NoAnswer]);
    assert!(in_doubt(&till.run(Authorize, "key").await));
    till.run(Authorize, "key").await.unwrap();
    assert_eq!(till.provider.done(), ["authorize"], "asking, not keys, has prevented it");
}

#[tokio::test]
async fn the_count_sees_a_charge_that_is_made_twice() {
    // The control: without keys, and without asking (as if it had not been heard), it is done again, and counted.
    let till = Till::with(Script::forgetful());
    till.done(&[Authorize]).await;
    let again = payments_core::Operation {
        payment: id(1),
        act: payments_core::Act::Authorize(crate::sample::terms()),
    };
    till.provider.arrive(&again);
    assert_eq!(till.provider.done(), ["authorize", "authorize"]);
}
