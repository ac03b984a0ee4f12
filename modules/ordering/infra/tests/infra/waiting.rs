//! `Prefer: wait` at the edge, before an Ordering that waits for outcomes, and before an older one that does not.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use adapter_http::{About, Operations, Readiness, shell};
use async_trait::async_trait;
use axum::http::Method;
use ordering_contract::{
    CancelOrder, History, HistoryQuery, Order, OrderQuery, OrderStatus, Ordering, OrderingRefusal, Orders,
    OrdersQuery, PlaceOrder,
};
use outgrow::{Answer, CallContext};
use outgrow_testkit::{Edge, SequentialIds};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::sample::{id, order};

/// So long it takes until an order ends.
const ENDS_AFTER: Duration = Duration::from_millis(700);

/// An Ordering with one order, which ends by itself.
struct Asked {
    /// Whether it does not know that it may wait.
    older: bool,
    since: Instant,
    /// For how long it might have waited, each time it was asked.
    patience: Mutex<Vec<Option<u32>>>,
}

impl Asked {
    fn now(&self) -> Order {
        let ended = self.since.elapsed() >= ENDS_AFTER;
        Order {
            status: if ended { OrderStatus::Confirmed } else { OrderStatus::Placed },
            ..order(1, "ada").shown()
        }
    }
}

#[async_trait]
impl Ordering for Asked {
    async fn place(&self, _: &CallContext, _: PlaceOrder) -> Answer<Order, OrderingRefusal> {
        Ok(self.now())
    }

    async fn cancel(&self, _: &CallContext, _: CancelOrder) -> Answer<Order, OrderingRefusal> {
        panic!("nobody cancels")
    }

    async fn order(&self, cx: &CallContext, request: OrderQuery) -> Answer<Order, OrderingRefusal> {
        self.patience.lock().unwrap().push(request.outcome_within_ms);
        if let Some(patience) = request.patience().filter(|_| !self.older) {
            assert!(
                cx.remaining().unwrap() <= patience + Duration::from_millis(1),
                "the call ends with the wait"
            );
            sleep(patience.min(ENDS_AFTER.saturating_sub(self.since.elapsed()))).await;
        }
        Ok(self.now())
    }

    async fn orders(&self, _: &CallContext, _: OrdersQuery) -> Answer<Orders, OrderingRefusal> {
        panic!("nobody lists")
    }

    async fn history(&self, _: &CallContext, _: HistoryQuery) -> Answer<History, OrderingRefusal> {
        panic!("nobody looks back")
    }
}

/// What a client who prefers this is answered: the status of the order, which preference was applied, after how long;
/// and for how long Ordering might have waited, each time it was asked.
async fn ask(older: bool, method: Method, prefer: &str) -> (String, String, Duration, Vec<Option<u32>>) {
    let since = Instant::now();
    let ordering = Arc::new(Asked { older, since, patience: Mutex::default() });
    let endpoints = ordering_infra::endpoints(Arc::<Asked>::clone(&ordering));
    let about = About { title: "Ordering".into(), version: "1".into(), description: "For tests.".into() };
    let operations = Operations::new(async || Readiness(vec![]), async || String::new());
    let edge = Edge::new(shell(about, [endpoints], operations, Arc::new(SequentialIds::new())));
    let body =
        json!({"customer": "ada", "lines": [{"sku": "mug", "quantity": 1}], "payment_token": "tok_ok"});
    let (path, expected) = match method {
        Method::GET => (format!("/v1/orders/{}", id(1)), 200),
        _ => ("/v1/orders".to_owned(), 201),
    };
    let answer = edge.ask(method, &path, &[("prefer", prefer)], body.to_string()).await;
    let shown = answer.ok(expected)["status"].as_str().unwrap().to_owned();
    let patience = ordering.patience.lock().unwrap().clone();
    (shown, answer.header("preference-applied").to_owned(), since.elapsed(), patience)
}

/// It takes no longer than that by much: nothing else moves the clock.
fn about(took: Duration, expected: Duration) -> bool {
    (expected..expected + Duration::from_millis(20)).contains(&took)
}

#[tokio::test(start_paused = true)]
async fn who_prefers_to_wait_has_one_call_that_waits() {
    for method in [Method::POST, Method::GET] {
        let looks = usize::from(method == Method::GET);
        let (status, applied, took, patience) = ask(false, method.clone(), "wait=5").await;
        assert_eq!((&*status, &*applied), ("confirmed", "wait=5"), "{method}");
        assert!(about(took, ENDS_AFTER), "{method}: {took:?}");
        let [Some(patience)] = patience[looks..] else { panic!("{method}: {patience:?}") };
        assert!((4_000..=5_000).contains(&patience), "{method}: {patience}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_ordering_is_asked_again_with_pauses() {
    for method in [Method::POST, Method::GET] {
        let (status, applied, took, patience) = ask(true, method.clone(), "wait=5").await;
        assert_eq!((&*status, &*applied), ("confirmed", "wait=5"), "{method}");
        assert!((ENDS_AFTER..ENDS_AFTER * 2).contains(&took), "{method}: {took:?}");
        assert!(patience.len() > 10, "{method}: {patience:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_prefers_nothing_is_answered_at_once() {
    for (method, asked) in [(Method::POST, vec![]), (Method::GET, vec![None])] {
        let (status, applied, took, patience) = ask(false, method.clone(), "respond-async").await;
        assert_eq!((&*status, &*applied, patience), ("placed", "", asked), "{method}");
        assert!(about(took, Duration::ZERO), "{method}: {took:?}");
    }
}
