//! `Prefer: wait`.

use std::{
    future::pending,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use adapter_http::{Applied, Cx, Endpoints, Prefer, routes};
use axum::{
    body::Body,
    extract::FromRequestParts as _,
    http::{Request, StatusCode},
};
use futures_util::FutureExt as _;
use outgrow::CallContext;
use tokio::time::Instant;
use uuid::Uuid;

use super::support::{Answered, ask_of, router_of};

async fn prefer(lines: &[&str]) -> Prefer {
    let request = lines.iter().fold(Request::get("/"), |request, line| request.header("prefer", *line));
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    Prefer::from_request_parts(&mut parts, &()).await.unwrap()
}

#[tokio::test]
async fn preferences_are_read_as_the_standard_says() {
    for (lines, seconds) in [
        (&[][..], None),
        (&["wait=3"], Some(3)),
        (&["wait=0"], Some(0)),
        (&["Wait = 3"], Some(3)),
        (&["wait=\"3\""], Some(3)),
        (&["wait=3; because=of-me"], Some(3)),
        (&["respond-async, wait=3"], Some(3)),
        (&["respond-async", "wait=3"], Some(3)),
        (&["return=minimal ,, wait=3 , handling=lenient"], Some(3)),
        (&["note=\"a, wait=1; \\\" wait=2\", wait=3"], Some(3)),
        (&["wait=3, wait=4"], Some(3)),
        (&["wait=5"], Some(5)),
        (&["wait=30"], Some(5)),
        (&["wait=99999999999999999999999"], Some(5)),
        (&["wait=x, wait=4"], None),
        (&["wait=-1"], None),
        (&["wait=+1"], None),
        (&["wait=1.5"], None),
        (&["wait="], None),
        (&["wait"], None),
        (&["waiting=4"], None),
        (&["note=\"wait=4"], None),
    ] {
        let expected = seconds.map(Duration::from_secs);
        assert_eq!(prefer(lines).await.wait_time(), expected, "{lines:?}");
    }
}

fn cx(budget: Duration) -> CallContext {
    CallContext::new("edge", Uuid::nil()).within(budget)
}

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn without_the_preference_nobody_is_asked() {
    for lines in [&[][..], &["wait=0"]] {
        let waited = prefer(lines).await.wait(&cx(LONG), "placed", |_| async { panic!("asked") }).await;
        assert_eq!(waited.1, "placed");
    }
}

#[tokio::test]
async fn an_outcome_that_comes_in_time_is_the_answer() {
    let asked = AtomicU32::new(0);
    let outcome = |_| async { (asked.fetch_add(1, Ordering::Relaxed) == 4).then_some("confirmed") };
    let (_, order) = prefer(&["wait=5"]).await.wait(&cx(LONG), "placed", outcome).await;
    assert_eq!((order, asked.into_inner()), ("confirmed", 5));
}

#[tokio::test]
async fn the_wait_ends_with_the_preference_the_budget_or_a_silent_module() {
    const SHORT: Duration = Duration::from_millis(100);
    for (wait, budget, ends) in [("wait=1", LONG, Duration::from_secs(1)), ("wait=5", SHORT, SHORT)] {
        let start = Instant::now();
        let (waiting, cx) = (prefer(&[wait]).await, cx(budget));
        let not_yet = waiting.wait(&cx, "placed", |_| async { None });
        let silent = waiting.wait(&cx, "placed", |_| async { pending().await });
        let (not_yet, silent) = tokio::join!(not_yet, silent);
        assert_eq!((not_yet.1, silent.1), ("placed", "placed"));
        assert!((ends..ends * 3).contains(&start.elapsed()), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn who_is_asked_is_told_how_much_time_is_left() {
    let told = Mutex::new(Vec::new());
    let outcome = |left| {
        told.lock().unwrap().push(left);
        async { pending().await }
    };
    let soon = cx(Duration::from_millis(50));
    let (_, order) = prefer(&["wait=5"]).await.wait(&soon, "placed", &outcome).await;
    assert_eq!(order, "placed");
    prefer(&["wait=1"]).await.wait(&cx(LONG), "placed", &outcome).now_or_never();
    let told = told.into_inner().unwrap();
    let (budget, wait) = (Duration::from_millis(50), Duration::from_secs(1));
    assert!(told.len() == 2 && told[0] <= budget && (budget..=wait).contains(&told[1]), "{told:?}");
}

/// Waits, as told by the path.
#[utoipa::path(post, path = "/v1/wait/{outcome}", params(Prefer), responses((status = 201)))]
async fn wait(
    adapter_http::Param(outcome): adapter_http::Param<String>,
    Cx(cx): Cx,
    prefer: Prefer,
) -> (StatusCode, Applied, String) {
    let now = "placed".to_owned();
    let (applied, order) =
        prefer.wait(&cx, now, |_| async { (outcome != "never").then(|| outcome.clone()) }).await;
    (StatusCode::CREATED, applied, order)
}

#[tokio::test]
async fn an_answer_says_whether_the_preference_was_applied() {
    let ask = async |outcome: &str, prefer: &str| -> Answered {
        let request = Request::post(format!("/v1/wait/{outcome}")).header("prefer", prefer);
        let router = router_of([Endpoints::new("wait", (), [routes!(wait)])]);
        ask_of(router, request.body(Body::empty()).unwrap()).await
    };
    for (outcome, prefer, applied, order) in [
        ("confirmed", "wait=5", Some("wait=5"), "confirmed"),
        ("confirmed", "wait=30", Some("wait=5"), "confirmed"),
        ("confirmed", "respond-async", None, "placed"),
        ("never", "wait=1", None, "placed"),
    ] {
        let answer = ask(outcome, prefer).await;
        assert_eq!(answer.status, 201);
        assert_eq!(
            (answer.header("preference-applied"), answer.text()),
            (applied, order),
            "{outcome} {prefer}"
        );
        assert_eq!(answer.header("vary"), Some("prefer"));
    }
}
