//! A small API with one handler of each kind, and a client that looks at everything.

use std::sync::Arc;

use adapter_http::{
    About, Component, Cursor, Cx, Endpoints, Invalid, Json, Limit, MoneyJson, NoBody, Operations, Page,
    Param, Problem, Query, Readiness, routes, shell,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, Request, StatusCode},
};
use outgrow_testkit::SequentialIds;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use utoipa::{IntoParams, ToSchema};

outgrow::id! {
    /// Names one order.
    pub struct OrderId;
}

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceBody {
    customer: String,
    lines: Vec<LineBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<MoneyJson>,
    #[serde(default)]
    gift: bool,
    #[serde(default)]
    speed: Speed,
}

/// Says nothing about unknown fields, which must not matter.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(super) struct LineBody {
    sku: String,
    quantity: u32,
}

#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Speed {
    #[default]
    Slow,
    Fast,
}

/// Places an order.
#[utoipa::path(post, path = "/v1/orders", responses((status = 201, body = PlaceBody)))]
async fn place(Json(body): Json<PlaceBody>) -> Result<(StatusCode, Json<PlaceBody>), Problem> {
    let mut invalid = Invalid::default();
    if body.customer.is_empty() {
        invalid.refuse("/customer", "must not be empty");
    }
    for (index, line) in body.lines.iter().enumerate() {
        let quantity = u8::try_from(line.quantity).ok();
        invalid.need(format!("/lines/{index}/quantity"), quantity, "must be at most 255");
    }
    invalid.finish(|| Some((StatusCode::CREATED, Json(body))))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct OrdersQuery {
    customer: String,
    after: Option<Cursor>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    min_lines: u16,
    #[serde(default)]
    gift: bool,
}

/// The orders of a customer.
#[utoipa::path(get, path = "/v1/orders", responses((status = 200, body = Page<String>)))]
async fn orders(Query(query): Query<OrdersQuery>) -> Result<Json<Page<String>>, Problem> {
    let after: u64 = query.after.map_or(Ok(0), |after| after.read("items"))?;
    let items = vec![
        query.customer,
        format!("after {after}"),
        format!("limit {}", query.limit.get()),
        format!("lines {}", query.min_lines),
        format!("gift {}", query.gift),
    ];
    Ok(Json(Page { items, next: Some(Cursor::after("items", &(after + 1))) }))
}

/// One order.
#[utoipa::path(get, path = "/v1/orders/{id}", responses((status = 200, body = String)))]
async fn order(Param(id): Param<OrderId>) -> Result<Json<String>, Problem> {
    if id.0.is_nil() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-order", "There is no such order"));
    }
    Ok(Json(id.to_string()))
}

/// What a handler sees of its context.
#[utoipa::path(post, path = "/v1/context", responses((status = 200, body = Object)))]
async fn context(State(_state): State<Arc<str>>, Cx(cx): Cx) -> Json<Value> {
    Json(json!({
        "correlation": cx.correlation(),
        "key": cx.key().map(ToString::to_string),
        "trace": cx.trace().map(|trace| trace.to_string()),
        "caller": cx.caller(),
        "budget_above_4s": cx.remaining().is_some_and(|left| left.as_secs() >= 4),
    }))
}

/// Needs no body.
#[utoipa::path(post, path = "/v1/orders/{id}/cancellation", responses((status = 204)))]
async fn cancel(Param(_order): Param<OrderId>, _: NoBody) -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Panics.
#[utoipa::path(get, path = "/v1/panic", responses((status = 200)))]
async fn panics() {
    panic!("secret-7: index out of bounds");
}

/// Answers a status, and nothing more.
#[utoipa::path(get, path = "/v1/bare/{status}", responses((status = 200)))]
async fn bare(Param(status): Param<u16>) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

pub(super) fn endpoints() -> Endpoints {
    let state: Arc<str> = Arc::from("state");
    let routes = [
        routes!(place, orders),
        routes!(order),
        routes!(cancel),
        routes!(context),
        routes!(panics),
        routes!(bare),
    ];
    Endpoints::new("orders", state, routes)
}

pub(super) fn router_of(endpoints: impl IntoIterator<Item = Endpoints>) -> Router {
    let about = About {
        title: "A small shop".to_owned(),
        version: "1.2.3".to_owned(),
        description: "For tests.".to_owned(),
    };
    let ready = async || Readiness(vec![Component::own("store", true), Component::peer("stock", false)]);
    shell(
        about,
        endpoints,
        Operations::new(ready, async || "up 1\n".to_owned()),
        Arc::new(SequentialIds::new()),
    )
}

pub(super) fn router() -> Router {
    router_of([endpoints()])
}

/// An answer, whole.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answered {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem. Nothing volatile is in it: the correlation id is in the header.
    pub(super) fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        assert!(self.header("x-correlation-id").is_some(), "{self:?}");
        problem
    }

    pub(super) fn problem_type(&self) -> String {
        self.problem()["type"].as_str().unwrap().to_owned()
    }
}

pub(super) async fn ask_of(router: Router, request: Request<Body>) -> Answered {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answered { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(super) async fn ask(request: Request<Body>) -> Answered {
    ask_of(router(), request).await
}

pub(super) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(super) fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", "application/json").body(body.into()).unwrap()
}

pub(super) async fn place_body(body: impl Into<Body>) -> Answered {
    ask(post("/v1/orders", body)).await
}
