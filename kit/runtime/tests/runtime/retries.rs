//! What is repeated, what is not, and what several attempts mean together.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use outgrow::{CallError, CauseKind, Port as _};
use outgrow_runtime::{Retry, Router, Target, router::Route};

use tokio::time::timeout;

use crate::echo::{Echo, Parrot, Scripted, cx, in_doubt, not_executed, policies, say};

#[tokio::test]
async fn what_did_not_happen_because_nobody_was_there_is_repeated_whatever_it_is() {
    let lost = || vec![not_executed(CauseKind::Unreachable), not_executed(CauseKind::Unserved)];
    let (carrier, _) = Scripted::new(lost());
    assert!(carrier.port().ask(&cx(), say("hello")).await.is_ok());
    let (carrier, _) = Scripted::new(lost());
    assert!(carrier.port().tell(&cx(), say("hello")).await.is_ok());
    let (carrier, parrot) = Scripted::new(lost());
    assert!(carrier.port().shout(&cx(), say("hello")).await.is_ok());
    assert_eq!(carrier.sent.load(Ordering::SeqCst), 3);
    assert_eq!(parrot.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_is_in_doubt_is_repeated_only_if_it_may_be() {
    let (carrier, _) = Scripted::new(vec![in_doubt(CauseKind::Lost)]);
    assert!(carrier.port().ask(&cx(), say("hello")).await.is_ok());
    let (carrier, _) = Scripted::new(vec![in_doubt(CauseKind::Lost)]);
    assert!(carrier.port().tell(&cx(), say("hello")).await.is_ok());
    let (carrier, parrot) = Scripted::new(vec![in_doubt(CauseKind::Lost)]);
    let answer = carrier.port().shout(&cx(), say("hello")).await;
    assert!(matches!(answer, Err(CallError::InDoubt(_))), "{answer:?}");
    assert_eq!((carrier.sent.load(Ordering::SeqCst), parrot.begun.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn what_would_only_fail_again_is_not_repeated() {
    let hopeless = [
        CauseKind::BadRequest,
        CauseKind::Denied,
        CauseKind::Overloaded,
        CauseKind::Expired,
        CauseKind::KeyReused,
        CauseKind::InProgress,
        CauseKind::Storage,
        CauseKind::Dependency,
    ];
    for kind in hopeless {
        let (carrier, _) = Scripted::new(vec![not_executed(kind)]);
        assert!(carrier.port().ask(&cx(), say("hello")).await.is_err());
        assert_eq!(carrier.sent.load(Ordering::SeqCst), 1, "{kind}");
    }
}

#[tokio::test]
async fn attempts_are_bounded() {
    let (carrier, _) = Scripted::new(vec![not_executed(CauseKind::Unreachable); 100]);
    let answer = carrier.port().ask(&cx(), say("hello")).await;
    assert!(matches!(answer, Err(CallError::NotExecuted(_))), "{answer:?}");
    assert_eq!(carrier.sent.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn once_in_doubt_a_later_not_executed_does_not_undo_what_may_have_happened() {
    let (carrier, _) = Scripted::new(vec![
        in_doubt(CauseKind::Lost),
        not_executed(CauseKind::Unreachable),
        not_executed(CauseKind::Overloaded),
    ]);
    let answer = carrier.port().tell(&cx(), say("hello")).await;
    assert!(matches!(answer, Err(CallError::InDoubt(_))), "{answer:?}");
}

#[tokio::test]
async fn what_a_doubt_leaves_open_may_be_settled_by_a_later_failure() {
    let reused = || vec![in_doubt(CauseKind::Lost), not_executed(CauseKind::KeyReused)];
    let (carrier, _) = Scripted::new(reused());
    let answer = carrier.port().tell(&cx(), say("hello")).await;
    assert!(
        matches!(&answer, Err(CallError::NotExecuted(cause)) if cause.kind == CauseKind::KeyReused),
        "{answer:?}"
    );

    let (carrier, _) = Scripted::new(vec![in_doubt(CauseKind::Lost), not_executed(CauseKind::Denied)]);
    let answer = carrier.port().ask(&cx(), say("hello")).await;
    assert!(
        matches!(answer, Err(CallError::NotExecuted(_))),
        "a query has no effect to be in doubt: {answer:?}"
    );
}

#[tokio::test]
async fn nothing_is_repeated_that_could_not_begin_in_time() {
    let hour = Duration::from_hours(1);
    let patient = Retry { attempts: 4, first_pause: hour, longest_pause: hour };
    let (dead, _) = Scripted::new(vec![not_executed(CauseKind::Unreachable); 100]);
    let targets = vec![Target::new("dead", dead.clone())];
    let policies = outgrow_runtime::Policies { retry: patient, ..policies() };
    let echo = <dyn Echo>::via(Router::new(None, Route::Remote(targets), policies));
    let cx = cx().within(Duration::from_millis(100));
    let answer = timeout(Duration::from_secs(20), echo.ask(&cx, say("hello"))).await;
    assert!(
        matches!(answer, Ok(Err(CallError::NotExecuted(_)))),
        "answered before its time is over: {answer:?}"
    );
    assert_eq!(dead.sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_next_address_is_tried_when_the_first_cannot_be_reached() {
    let (dead, _) = Scripted::new(vec![not_executed(CauseKind::Unreachable); 100]);
    let (alive, parrot) = Scripted::new(vec![]);
    let targets = vec![Target::new("dead", dead.clone()), Target::new("alive", alive)];
    let echo = <dyn Echo>::via(Router::new(None, Route::Remote(targets), policies()));
    assert!(echo.tell(&cx(), say("hello")).await.is_ok());
    assert_eq!((dead.sent.load(Ordering::SeqCst), parrot.begun.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn a_call_outlives_the_route_it_began_on() {
    let here = Arc::new(Parrot::default());
    let (dead, _) = Scripted::new(vec![not_executed(CauseKind::Unreachable); 100]);
    let away = Route::Remote(vec![Target::new("dead", dead)]);
    let router = Arc::new(Router::new(Some(here.clone() as Arc<dyn Echo>), away, policies()));
    let echo = <dyn Echo>::via(Shared(router.clone()));
    assert!(echo.ask(&cx(), say("hello")).await.is_err());
    router.reroute(Route::Local);
    assert!(echo.ask(&cx(), say("hello")).await.is_ok());
    assert_eq!(here.begun.load(Ordering::SeqCst), 1);
}

/// A router that somebody else can reroute.
struct Shared(Arc<Router<dyn Echo>>);

impl outgrow::Caller<dyn Echo> for Shared {
    fn call<'a, Q: outgrow::Message, T: outgrow::Message, E: outgrow::Refusal>(
        &'a self,
        cx: &'a outgrow::CallContext,
        method: &'static outgrow::Method,
        request: Q,
        local: outgrow::Local<dyn Echo, Q, T, E>,
    ) -> outgrow::BoxFuture<'a, outgrow::Answer<T, E>> {
        self.0.call(cx, method, request, local)
    }
}
