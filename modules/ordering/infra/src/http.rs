//! Orders at the edge. Handlers call Ordering through its port only, so they work wherever Ordering is.

#![expect(unused_qualifications, reason = "in what utoipa makes of parameters")]

mod body;
mod problem;

use std::{sync::Arc, time::Duration};

use adapter_http::{
    Applied, Cursor, Cx, Endpoints, Json, Limit, NoBody, Page, Param, Prefer, Problem, Query, failure,
    query_failure, routes,
};
use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use ordering_contract::{
    CancelOrder, Customer, HistoryQuery, Order, OrderId, OrderQuery, OrderStatus, Ordering, OrdersQuery,
};
use outgrow::{CallContext, NotText};
use serde::Deserialize;
use utoipa::IntoParams;

use body::{HistoryEntryBody, OrderBody, PlaceOrderBody};
use problem::refused;

type Shared = State<Arc<dyn Ordering>>;

/// What cursors are for.
const LIST: &str = "orders";
const HISTORY: &str = "order-history";

/// The endpoints of Ordering.
pub fn endpoints(ordering: Arc<dyn Ordering>) -> Endpoints {
    Endpoints::new(
        "orders",
        ordering,
        [routes!(place, orders), routes!(order), routes!(cancel), routes!(history)],
    )
}

/// Places an order.
///
/// It is priced and answered `placed`. With `Prefer: wait=5` the answer is its outcome, if that comes in time.
#[utoipa::path(
    post,
    path = "/v1/orders",
    params(Prefer),
    request_body = PlaceOrderBody,
    responses((status = 201, body = OrderBody, headers(("Location" = String, description = "The order."))))
)]
async fn place(
    State(ordering): Shared,
    Cx(cx): Cx,
    prefer: Prefer,
    Json(body): Json<PlaceOrderBody>,
) -> Result<(StatusCode, Applied, [(HeaderName, String); 1], Json<OrderBody>), Problem> {
    let placed = ordering.place(&cx, body.into_request()?).await.map_err(failure(refused))?;
    let location = [(header::LOCATION, format!("/v1/orders/{}", placed.id))];
    let id = placed.id;
    let (applied, order) = prefer.wait(&cx, placed, |left| outcome(&*ordering, &cx, id, left)).await;
    Ok((StatusCode::CREATED, applied, location, Json(order.into())))
}

/// What has become of an order, once it is no longer placed; none if it still is after the time that is `left`, or sooner
/// if Ordering does not wait for so long.
async fn outcome(ordering: &dyn Ordering, cx: &CallContext, order: OrderId, left: Duration) -> Option<Order> {
    // The call ends with the wait: so its answer is here by then.
    let cx = cx.clone().within(left);
    let order = ordering.order(&cx, OrderQuery::of(order).waiting(left)).await.ok()?;
    (order.status != OrderStatus::Placed).then_some(order)
}

/// One order.
///
/// With `Prefer: wait=5` the answer is its outcome, if that comes in time.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}",
    params(("id" = String, Path, format = "uuid"), Prefer),
    responses((status = 200, body = OrderBody))
)]
async fn order(
    State(ordering): Shared,
    Cx(cx): Cx,
    Param(id): Param<OrderId>,
    prefer: Prefer,
) -> Result<(Applied, Json<OrderBody>), Problem> {
    let order = ordering.order(&cx, OrderQuery::of(id)).await.map_err(query_failure(refused))?;
    let (applied, order) = prefer.wait(&cx, order, |left| outcome(&*ordering, &cx, id, left)).await;
    Ok((applied, Json(order.into())))
}

/// Cancels an order.
///
/// A placed one is stopped; the goods of a confirmed one return to stock. Cancelling again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/orders/{id}/cancellation",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = OrderBody))
)]
async fn cancel(
    State(ordering): Shared,
    Cx(cx): Cx,
    Param(order): Param<OrderId>,
    NoBody: NoBody,
) -> Result<Json<OrderBody>, Problem> {
    let order = ordering.cancel(&cx, CancelOrder { order }).await.map_err(failure(refused))?;
    Ok(Json(order.into()))
}

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OrdersParams {
    /// Whose orders.
    #[param(value_type = String, min_length = 1, max_length = 64)]
    customer: CustomerText,
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// At most so many.
    #[param(inline)]
    #[serde(default)]
    limit: Limit,
}

/// A customer as it stands in a URL.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct CustomerText(Customer);

impl TryFrom<String> for CustomerText {
    type Error = NotText;

    fn try_from(text: String) -> Result<Self, NotText> {
        Customer::try_from(text).map(Self)
    }
}

/// The orders of a customer, newest first.
#[utoipa::path(get, path = "/v1/orders", params(OrdersParams), responses((status = 200, body = Page<OrderBody>)))]
async fn orders(
    State(ordering): Shared,
    Cx(cx): Cx,
    Query(params): Query<OrdersParams>,
) -> Result<Json<Page<OrderBody>>, Problem> {
    let after = params.after.map(|cursor| cursor.read(LIST)).transpose()?;
    let request = OrdersQuery { customer: params.customer.0, after, limit: params.limit.get() };
    let page = ordering.orders(&cx, request).await.map_err(query_failure(refused))?;
    let items = page.items.into_iter().map(OrderBody::from).collect();
    Ok(Json(Page { items, next: page.next.map(|order| Cursor::after(LIST, &order)) }))
}

/// What has become of the orders of a customer, and when; newest first.
///
/// It follows what happens to orders, usually within a second, and knows only what it was told: ask for the order itself
/// to see what was changed just now.
#[utoipa::path(
    get,
    path = "/v1/order-history",
    params(OrdersParams),
    responses((status = 200, body = Page<HistoryEntryBody>))
)]
async fn history(
    State(ordering): Shared,
    Cx(cx): Cx,
    Query(params): Query<OrdersParams>,
) -> Result<Json<Page<HistoryEntryBody>>, Problem> {
    let after = params.after.map(|cursor| cursor.read(HISTORY)).transpose()?;
    let request = HistoryQuery { customer: params.customer.0, after, limit: params.limit.get() };
    let page = ordering.history(&cx, request).await.map_err(query_failure(refused))?;
    let items = page.items.into_iter().map(HistoryEntryBody::from).collect();
    Ok(Json(Page { items, next: page.next.map(|order| Cursor::after(HISTORY, &order)) }))
}
