//! A client of endpoints in the same process: no socket, and every answer looked at whole.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, header},
};
use serde_json::Value;
use tower::ServiceExt as _;

/// Asks a router, as its clients would.
#[derive(Clone, Debug)]
pub struct Edge(Router);

impl Edge {
    /// A client of these endpoints.
    pub fn new(router: Router) -> Self {
        Self(router)
    }

    /// The answer to a GET.
    pub async fn get(&self, path: &str) -> Answered {
        self.ask(Method::GET, path, &[], String::new()).await
    }

    /// The answer to a POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answered {
        self.ask(Method::POST, path, &[], body.to_string()).await
    }

    /// The answer to a POST of JSON under this idempotency key.
    pub async fn post_under(&self, key: &str, path: &str, body: &Value) -> Answered {
        self.ask(Method::POST, path, &[("idempotency-key", key)], body.to_string()).await
    }

    /// The answer to a PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answered {
        self.ask(Method::PUT, path, &[], body.to_string()).await
    }

    /// The answer to any request, with these headers.
    ///
    /// # Panics
    /// When this is no request, or the router fails where it should answer.
    #[expect(clippy::unwrap_used, reason = "a router is infallible, and a test's request is one")]
    pub async fn ask(&self, method: Method, path: &str, with: &[(&str, &str)], body: String) -> Answered {
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
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Every header.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answered {
    /// A header; empty if it is not there.
    ///
    /// # Panics
    /// When it is not ASCII.
    #[expect(clippy::unwrap_used, reason = "that is the assertion")]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of a success of this status.
    ///
    /// # Panics
    /// When it is another status, or no JSON.
    #[track_caller]
    #[expect(clippy::unwrap_used, reason = "that is the assertion")]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, "application/json"),
            "{}",
            self.text()
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    /// `<status> <type>`, then each `<part> <pointer>: <detail>`, of a problem.
    ///
    /// # Panics
    /// When it is none, or not as RFC 9457 says.
    #[track_caller]
    #[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "that is the assertion")]
    pub fn problem(&self) -> Vec<String> {
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
