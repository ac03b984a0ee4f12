//! Failed calls, as answers.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use adapter_http::{Cx, Endpoints, Problem, failure, query_failure, routes};
use axum::{
    body::Body,
    extract::State,
    http::{Request, StatusCode},
};
use outgrow::{CallError, Cause, CauseKind};
use outgrow_testkit::SequentialIds;
use serde_json::{Value, json};

use super::support::{Answered, ask_of, router_of};

type Failed = CallError<&'static str>;

/// Fails as it was told to.
#[utoipa::path(post, path = "/v1/fail", responses((status = 200)))]
async fn fail(State(error): State<Arc<Failed>>, _: Cx) -> Result<(), Problem> {
    Err(failure(refused)((*error).clone()))
}

/// Asks and fails as it was told to.
#[utoipa::path(get, path = "/v1/fail", responses((status = 200)))]
async fn ask(State(error): State<Arc<Failed>>, _: Cx) -> Result<(), Problem> {
    Err(query_failure(refused)((*error).clone()))
}

fn refused(why: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "out-of-stock", "There is not enough of it")
        .detail(why)
        .code("sold-out")
        .at("/lines/0/quantity", "must be at most 3")
}

async fn answer(error: Failed, key: Option<&str>) -> Answered {
    let router = router_of([Endpoints::new("fail", Arc::new(error), [routes!(fail)])]);
    let request = Request::post("/v1/fail");
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    ask_of(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_refusal_is_the_modules_own_problem() {
    let answer = answer(CallError::Refused("only 3 left"), None).await;
    let expected = json!({
        "type": "urn:outgrow:problem:out-of-stock",
        "title": "There is not enough of it",
        "status": 409,
        "detail": "only 3 left",
        "code": "sold-out",
        "errors": [{"in": "body", "pointer": "/lines/0/quantity", "detail": "must be at most 3"}],
    });
    assert_eq!(answer.problem(), expected);
}

#[tokio::test]
async fn every_cause_has_its_status_type_and_retry_after() {
    let special = [
        (CauseKind::Denied, (403, "denied", None)),
        (CauseKind::KeyReused, (422, "key-reused", None)),
        (CauseKind::InProgress, (409, "in-progress", Some("1"))),
        (CauseKind::BadRequest, (500, "internal", None)),
    ];
    for &kind in CauseKind::ALL {
        let special = special.iter().find(|(cause, _)| *cause == kind);
        let (status, name, retry) = special.map_or((503, "not-executed", Some("1")), |(_, answer)| *answer);
        let not_executed = answer(CallError::not_executed(kind, "secret-7"), None).await;
        let in_doubt = answer(CallError::in_doubt(kind, "secret-7"), None).await;
        for (answer, status, name, retry) in
            [(not_executed, status, name, retry), (in_doubt, 503, "outcome-unknown", Some("1"))]
        {
            assert_eq!(answer.status, status, "{kind}");
            assert_eq!(answer.problem_type(), format!("urn:outgrow:problem:{name}"), "{kind}");
            assert_eq!(answer.header("retry-after"), retry, "{kind}");
            assert!(!answer.text().contains("secret-7"), "{kind}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn a_query_is_never_in_doubt() {
    let asked = async |error: Failed| {
        let router = router_of([Endpoints::new("fail", Arc::new(error), [routes!(ask)])]);
        ask_of(router, Request::get("/v1/fail").body(Body::empty()).unwrap()).await
    };
    for &kind in CauseKind::ALL {
        let answer = asked(CallError::in_doubt(kind, "secret-7")).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{kind}");
        assert_eq!(answer.problem_type(), "urn:outgrow:problem:not-executed", "{kind}");
        assert_eq!(answer.header("idempotency-key"), None, "{kind}");
    }
    assert_eq!(asked(CallError::Refused("only 3 left")).await.status, 409);
    assert_eq!(asked(CallError::not_executed(CauseKind::Denied, "")).await.status, 403);
}

#[tokio::test]
async fn an_unknown_outcome_names_the_key_to_repeat_the_request_under() {
    let lost = || CallError::InDoubt(Cause::new(CauseKind::Lost, "connection reset"));
    assert_eq!(answer(lost(), Some("mine")).await.header("idempotency-key"), Some("mine"));
    let made = SequentialIds::nth(2).to_string();
    assert_eq!(answer(lost(), None).await.header("idempotency-key"), Some(&*made));
    let down = CallError::not_executed(CauseKind::Unreachable, "");
    assert_eq!(answer(down, None).await.header("idempotency-key"), None);
}

#[tokio::test]
async fn the_bodies_of_unavailability_are_these() {
    let problem = async |error| -> Value { answer(error, None).await.problem() };
    let not_executed = json!({
        "type": "urn:outgrow:problem:not-executed",
        "title": "Not carried out",
        "status": 503,
        "detail": "Something that is needed for this is not available right now. Nothing was changed.",
    });
    assert_eq!(problem(CallError::not_executed(CauseKind::Unreachable, "10.0.0.7")).await, not_executed);
    let unknown = json!({
        "type": "urn:outgrow:problem:outcome-unknown",
        "title": "The outcome is unknown",
        "status": 503,
        "detail": "It may have been carried out, but the answer was lost. \
                   Repeating it is safe under the Idempotency-Key of this answer.",
    });
    assert_eq!(problem(CallError::in_doubt(CauseKind::Internal, "panicked")).await, unknown);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_cause_is_logged_once_under_the_correlation_id() {
    let logs = Lines::default();
    let writer = logs.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let logging = tracing::subscriber::set_default(subscriber);
    // What other tests logged with nobody listening is not taken for uninteresting.
    tracing::callsite::rebuild_interest_cache();
    let answer = answer(CallError::not_executed(CauseKind::Unreachable, "10.0.0.7:7101"), None).await;
    drop(logging);

    let logs = String::from_utf8(logs.0.lock().unwrap().clone()).unwrap();
    let causes: Vec<&str> = logs.lines().filter(|line| line.contains("10.0.0.7:7101")).collect();
    assert_eq!(causes.len(), 1, "{logs}");
    assert!(causes[0].contains(" WARN ") && causes[0].contains("path=\"/v1/fail\""), "{logs}");
    assert!(causes[0].contains(answer.header("x-correlation-id").unwrap()), "{logs}");
}
