//! Authorisation, deadlines, bulkhead and panics: the same on every placement.

use std::{sync::atomic::Ordering, time::Duration};

use outgrow::{CallContext, CallError, CauseKind};
use outgrow_runtime::policy::Bulkhead;
use outgrow_testkit::until_async;
use uuid::Uuid;

use crate::echo::{EchoRefusal, Said, cx, placements, policies, say, some};

fn cause(answer: Result<Said, CallError<EchoRefusal>>) -> (bool, CauseKind) {
    match answer.unwrap_err() {
        CallError::NotExecuted(cause) => (false, cause.kind),
        CallError::InDoubt(cause) => (true, cause.kind),
        CallError::Refused(refusal) => panic!("refused: {refusal}"),
    }
}

const LONG: Duration = Duration::from_secs(10);
const NOT_EXECUTED: bool = false;
const IN_DOUBT: bool = true;

#[tokio::test]
async fn an_answer_and_a_refusal_are_the_same_everywhere() {
    for (placement, _, echo) in placements(&policies()) {
        let said = echo.ask(&cx(), say("hello")).await.unwrap();
        assert_eq!((&*said.words, &*said.caller), ("hello", "listener"), "{placement}");
        let refused = echo.tell(&cx(), say("refuse")).await.unwrap_err();
        assert_eq!(refused, CallError::Refused(EchoRefusal::No { words: "refuse".into() }), "{placement}");
    }
}

#[tokio::test]
async fn a_caller_that_has_not_declared_its_need_is_denied() {
    for (placement, parrot, echo) in placements(&policies()) {
        for stranger in ["stranger", "", "listene"] {
            let answer = echo.ask(&CallContext::new(stranger, Uuid::nil()), say("hello")).await;
            assert_eq!(cause(answer), (NOT_EXECUTED, CauseKind::Denied), "{placement}");
        }
        assert_eq!(parrot.begun.load(Ordering::SeqCst), 0, "{placement}: nothing ran");
    }
}

#[tokio::test]
async fn a_call_without_a_deadline_gets_one() {
    for (placement, _, echo) in placements(&policies()) {
        assert!(echo.ask(&cx(), say("hello")).await.unwrap().timed, "{placement}");
    }
}

#[tokio::test]
async fn a_call_whose_time_is_spent_does_not_begin() {
    for (placement, parrot, echo) in placements(&policies()) {
        let answer = echo.tell(&cx().within(Duration::ZERO), say("hello")).await;
        assert_eq!(cause(answer), (NOT_EXECUTED, CauseKind::Expired), "{placement}");
        assert_eq!(parrot.begun.load(Ordering::SeqCst), 0, "{placement}: nothing ran");
    }
}

#[tokio::test]
async fn a_caller_gets_its_answer_in_time_or_doubt() {
    for (placement, _parrot_who_never_goes_on, echo) in placements(&policies()) {
        let answer = echo.ask(&cx().within(Duration::from_millis(30)), say("wait")).await;
        assert_eq!(cause(answer), (IN_DOUBT, CauseKind::Expired), "{placement}");
    }
}

#[tokio::test]
async fn a_command_runs_to_its_end_though_its_caller_has_left() {
    for (placement, parrot, echo) in placements(&policies()) {
        let answer = echo.tell(&cx().within(Duration::from_millis(30)), say("wait")).await;
        assert_eq!(cause(answer), (IN_DOUBT, CauseKind::Expired), "{placement}");
        parrot.may_go_on.add_permits(1);
        some(&parrot.ended).await;
    }
}

#[tokio::test]
async fn a_query_ends_with_its_caller() {
    for (placement, parrot, echo) in placements(&policies()) {
        let asked = tokio::spawn(async move { echo.ask(&cx(), say("wait")).await });
        some(&parrot.begun).await;
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        let (ended, over) = (parrot.ended.load(Ordering::SeqCst), parrot.over.load(Ordering::SeqCst));
        assert_eq!((ended, over), (0, 1), "{placement}: the query ran on for nobody");
    }
}

#[tokio::test]
async fn a_panic_is_an_answer() {
    for (placement, _, echo) in placements(&policies()) {
        assert_eq!(
            cause(echo.ask(&cx(), say("panic")).await),
            (IN_DOUBT, CauseKind::Internal),
            "{placement}"
        );
        assert_eq!(
            cause(echo.tell(&cx(), say("panic")).await),
            (IN_DOUBT, CauseKind::Internal),
            "{placement}"
        );
        assert!(echo.ask(&cx(), say("still there")).await.is_ok(), "{placement}");
    }
}

#[tokio::test]
async fn what_is_over_the_limit_is_refused_at_once() {
    let full = outgrow_runtime::Policies { bulkhead: Bulkhead::new(1), ..policies() };
    for (placement, parrot, echo) in placements(&full) {
        let first = tokio::spawn({
            let echo = echo.clone();
            async move { echo.ask(&cx(), say("wait")).await }
        });
        some(&parrot.begun).await;
        assert_eq!(
            cause(echo.ask(&cx(), say("hello")).await),
            (NOT_EXECUTED, CauseKind::Overloaded),
            "{placement}"
        );
        parrot.may_go_on.add_permits(1);
        assert!(first.await.unwrap().is_ok());
        assert!(echo.ask(&cx(), say("hello")).await.is_ok(), "{placement}: the place was given back");
    }
}

#[tokio::test]
async fn a_command_keeps_its_place_until_it_has_ended_though_its_caller_has_left() {
    let full = outgrow_runtime::Policies { bulkhead: Bulkhead::new(1), ..policies() };
    for (placement, parrot, echo) in placements(&full) {
        let hurried = cx().within(Duration::from_millis(30));
        assert_eq!(cause(echo.tell(&hurried, say("wait")).await), (IN_DOUBT, CauseKind::Expired));
        let second = cause(echo.tell(&cx(), say("hello")).await);
        assert_eq!(second, (NOT_EXECUTED, CauseKind::Overloaded), "{placement}: the first has not ended");
        parrot.may_go_on.add_permits(1);
        until_async("the place is given back", LONG, async || echo.tell(&cx(), say("hello")).await).await;
    }
}

#[tokio::test]
async fn everybody_may_call_what_they_need_and_the_operator_whatever_there_is() {
    for (placement, _, echo) in placements(&policies()) {
        for caller in ["listener", "edge", "operator"] {
            let answer = echo.ask(&CallContext::new(caller, Uuid::nil()), say("hello")).await;
            assert!(answer.is_ok(), "{placement}: {caller}: {answer:?}");
        }
    }
}

#[test]
fn pauses_double_up_to_their_bound_and_are_anything_below_it() {
    let retry = outgrow_runtime::Retry::default();
    for (nth, bound) in [(1, 50), (2, 100), (3, 200), (4, 400), (5, 400), (40, 400)] {
        let bound = Duration::from_millis(bound);
        let pauses: Vec<_> = (0..1000).map(|_| retry.pause(nth)).collect();
        assert!(pauses.iter().all(|pause| *pause <= bound), "{nth}");
        assert!(pauses.iter().any(|pause| *pause < bound / 4), "{nth}: no jitter");
        assert!(pauses.iter().any(|pause| *pause > bound * 3 / 4), "{nth}: no pause");
    }
}

#[tokio::test]
async fn what_is_turned_away_is_counted_by_its_cause() {
    for which in 0..placements(&policies()).len() {
        let closed = outgrow_runtime::Policies { bulkhead: Bulkhead::new(0), ..policies() };
        let (placement, _, echo) = placements(&closed).swap_remove(which);
        echo.ask(&CallContext::new("stranger", Uuid::nil()), say("hello")).await.unwrap_err();
        for _ in 0..2 {
            echo.tell(&cx().within(Duration::ZERO), say("hello")).await.unwrap_err();
        }
        for _ in 0..3 {
            echo.ask(&cx(), say("hello")).await.unwrap_err();
        }
        let expected = [(CauseKind::Denied, 1), (CauseKind::Expired, 2), (CauseKind::Overloaded, 3)];
        assert_eq!(closed.turned_away.totals(), expected, "{placement}");
    }
}

#[tokio::test]
async fn a_refusal_too_large_for_some_placement_is_too_large_for_all() {
    for (placement, _, echo) in placements(&policies()) {
        let answer = echo.ask(&cx(), say("refuse at length")).await;
        assert_eq!(cause(answer), (IN_DOUBT, CauseKind::BadAnswer), "{placement}");
    }
}
