//! Two ends that meet compare their contracts before the first call.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use outgrow::{
    BoxFuture, CallError, CauseKind, Envelope, Message as _, Port as _, Reply, Transport,
    schema::{self, Skew},
    wire::{Contract, Greeting},
};
use outgrow_runtime::{Known, Router, Target, router::Route};

use crate::echo::{Echo, Parrot, cx, door, in_doubt, not_executed, policies, say};

/// A carrier to somebody who answers the question for their contract as told, then as we would.
struct Stranger {
    answers: Mutex<VecDeque<Reply>>,
    asked: AtomicUsize,
    called: AtomicUsize,
    peer: AtomicU64,
    parrot: Arc<Parrot>,
}

impl Stranger {
    fn new(answers: impl Into<VecDeque<Reply>>) -> (Arc<Self>, Arc<Target>, Arc<dyn Echo>) {
        let carrier = Arc::new(Self {
            answers: Mutex::new(answers.into()),
            asked: AtomicUsize::default(),
            called: AtomicUsize::default(),
            peer: AtomicU64::default(),
            parrot: Arc::default(),
        });
        let target = Target::new("stranger", carrier.clone());
        let router = Router::new(None, Route::Remote(vec![target.clone()]), policies());
        (carrier, target, <dyn Echo>::via(router))
    }

    fn counts(&self) -> (usize, usize) {
        (self.asked.load(Ordering::SeqCst), self.called.load(Ordering::SeqCst))
    }
}

impl Transport for Stranger {
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply> {
        let told = if envelope.method.is_contract() {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answers.lock().unwrap().pop_front()
        } else {
            self.called.fetch_add(1, Ordering::SeqCst);
            None
        };
        let door = door(&self.parrot, policies());
        Box::pin(async move {
            match told {
                Some(reply) => reply,
                None => door.dispatch(envelope.method, envelope.cx, &envelope.body).await,
            }
        })
    }

    fn peer(&self) -> u64 {
        self.peer.load(Ordering::SeqCst)
    }
}

/// What somebody says whose contract is ours but for one change.
fn changed(find: &str, replace: &str) -> Contract {
    let ours = schema::answer(<dyn Echo>::DESC, &Greeting { hash: String::new() }).lock.unwrap();
    assert!(ours.contains(find), "{find}\n{ours}");
    let lock = Some(ours.replacen(find, replace, 1));
    Contract { hash: "other".into(), lock }
}

fn incompatible() -> Contract {
    changed(
        "message echo.v1.Say\n  1 words required string",
        "message echo.v1.Say\n  1 words required sint64",
    )
}

#[tokio::test]
async fn whoever_is_met_is_asked_once_and_again_when_somebody_else_may_be_there() {
    let (carrier, _, port) = Stranger::new([]);
    for _ in 0..3 {
        port.tell(&cx(), say("hello")).await.unwrap();
    }
    assert_eq!(carrier.counts(), (1, 3));
    carrier.peer.fetch_add(1, Ordering::SeqCst);
    port.tell(&cx(), say("hello")).await.unwrap();
    assert_eq!(carrier.counts(), (2, 4));
}

#[tokio::test]
async fn calls_that_would_be_misread_are_not_sent_until_somebody_is_there_who_reads_them() {
    let (carrier, target, port) = Stranger::new(vec![Ok(incompatible().to_bytes()); 8]);
    for _ in 0..2 {
        let Err(CallError::NotExecuted(cause)) = port.tell(&cx(), say("hello")).await else { panic!() };
        assert_eq!(cause.kind, CauseKind::Unserved);
        for part in ["echo.v1.Echo at stranger", "echo.v1.Say.words = 1", "ADR 0015"] {
            assert!(cause.detail.contains(part), "{part}: {}", cause.detail);
        }
    }
    assert_eq!(carrier.counts(), (8, 0), "asked for each of the two times four attempts, never called");
    assert_eq!(target.figures.snapshot().not_executed, 8);
    assert!(port.tell(&cx(), say("hello")).await.is_ok(), "another version was deployed");
}

#[tokio::test]
async fn another_contract_that_is_understood_costs_nobody_a_call() {
    let longer = changed("1 words required string\n", "1 words required string\n  9 loud optional bool\n");
    let (carrier, target, port) = Stranger::new(vec![Ok(longer.to_bytes()); 2]);
    assert!(port.tell(&cx(), say("hello")).await.is_ok());
    assert_eq!(carrier.counts(), (1, 1));
    let known = target.contract(<dyn Echo>::DESC, &cx(), Duration::from_secs(5)).await;
    assert_eq!(known, Ok(Known::Said(Skew::Newer)));
    assert_eq!(carrier.counts(), (2, 1), "whoever wants to know is told what is so now");
}

#[tokio::test]
async fn whoever_does_not_say_is_called_all_the_same() {
    for unsaid in [
        Err(not_executed(CauseKind::Unserved)),
        Err(in_doubt(CauseKind::Unserved)),
        Err(in_doubt(CauseKind::Internal)),
        Ok(b"?".as_slice().into()),
    ] {
        let (carrier, target, port) = Stranger::new(vec![unsaid; 2]);
        assert!(port.tell(&cx(), say("hello")).await.is_ok());
        assert_eq!(carrier.counts(), (1, 1));
        let known = target.contract(<dyn Echo>::DESC, &cx(), Duration::from_secs(5)).await;
        assert_eq!(known, Ok(Known::Unsaid));
    }
}

#[tokio::test]
async fn a_question_that_is_lost_leaves_no_doubt_about_the_call() {
    let (carrier, target, port) = Stranger::new(vec![Err(in_doubt(CauseKind::Lost)); 4]);
    let answer = port.shout(&cx(), say("once")).await;
    let Err(CallError::NotExecuted(cause)) = answer else { panic!("{answer:?}") };
    assert_eq!((cause.kind, carrier.counts()), (CauseKind::Unreachable, (4, 0)));
    *carrier.answers.lock().unwrap() = [Err(not_executed(CauseKind::Unreachable))].into();
    let known = target.contract(<dyn Echo>::DESC, &cx(), Duration::from_secs(5)).await;
    assert_eq!(known.unwrap_err().kind, CauseKind::Unreachable);
}

#[tokio::test]
async fn whoever_was_understood_and_is_found_to_be_exchanged_is_not_called_any_more() {
    let (carrier, target, port) = Stranger::new([]);
    assert!(port.tell(&cx(), say("hello")).await.is_ok());
    *carrier.answers.lock().unwrap() = vec![Ok(incompatible().to_bytes()); 5].into();
    let known = target.contract(<dyn Echo>::DESC, &cx(), Duration::from_secs(5)).await;
    assert!(matches!(known, Ok(Known::Said(Skew::Incompatible(_)))), "behind a broker: {known:?}");
    assert!(matches!(port.tell(&cx(), say("hello")).await, Err(CallError::NotExecuted(_))));
    assert_eq!(carrier.called.load(Ordering::SeqCst), 1, "the one before");
}
