//! A home of its own for each test, and a client of the endpoints on it.

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use adapter_sql::{Home, Homes};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, header},
};
use outgrow_runtime::Tasks;
use outgrow_testkit::{FixedClock, SequentialIds, TestDir};
use serde_json::Value;
use tower::ServiceExt as _;

pub(crate) struct Place {
    homes: Homes,
    _dir: TestDir,
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        let dir = TestDir::new();
        let url = format!("sqlite:{}", dir.join("data").display()).parse().unwrap();
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        Self { homes: Homes::open(&url, Tasks::default(), clock, ids).await.unwrap(), _dir: dir }
    }

    pub(crate) async fn home(&self) -> Home {
        self.homes.home(&inventory_infra::SPEC).await.unwrap()
    }

    /// From now on nothing can be read or written.
    pub(crate) async fn close(&self) {
        self.homes.close().await;
    }

    /// The endpoints of the module, in a shell of their own.
    pub(crate) async fn edge(&self) -> Edge {
        let endpoints = inventory_infra::endpoints(inventory_infra::build(self.home().await));
        let about =
            About { title: "Inventory".into(), version: "1".into(), description: "For tests.".into() };
        let operations = Operations::new(async || Readiness(vec![]), String::new);
        // Its keys must not be those of the requests that bring their own.
        let ids = Arc::new(SequentialIds::starting_at(1_000));
        Edge(shell(about, [endpoints], operations, ids))
    }
}

/// A client that looks at everything.
pub(crate) struct Edge(Router);

impl Edge {
    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.ask(Method::GET, path, &[], String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answered {
        self.ask(Method::POST, path, &[], body.to_string()).await
    }

    pub(crate) async fn post_under(&self, key: &str, path: &str, body: &Value) -> Answered {
        self.ask(Method::POST, path, &[("idempotency-key", key)], body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answered {
        self.ask(Method::PUT, path, &[], body.to_string()).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        with: &[(&str, &str)],
        body: String,
    ) -> Answered {
        let request =
            Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = with.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = self.0.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answered { status: head.status.as_u16(), headers: head.headers, body }
    }
}

/// An answer, whole.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of a success of this status.
    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, "application/json"),
            "{}",
            self.text()
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    /// `<status> <type>`, then each `<part> <pointer>: <detail>`, of a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> Vec<String> {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let kind = text(&problem["type"]).replace("urn:outgrow:problem:", "");
        assert!(!text(&problem["title"]).is_empty() && !text(&problem["detail"]).is_empty(), "{problem}");
        let error = |error: &Value| {
            format!("{} {}: {}", text(&error["in"]), text(&error["pointer"]), text(&error["detail"]))
        };
        let errors = problem["errors"].as_array().into_iter().flatten().map(error);
        std::iter::once(format!("{} {kind}", self.status)).chain(errors).collect()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
