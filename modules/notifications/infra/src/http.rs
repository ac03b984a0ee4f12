//! Messages at the edge. The handler calls Notifications through its port only, so it works wherever Notifications is.

#![expect(unused_qualifications, reason = "in what utoipa makes of parameters")]

mod body;

use std::sync::Arc;

use adapter_http::{Cx, Endpoints, Json, Problem, Query, query_failure, routes};
use axum::{extract::State, http::StatusCode};
use notifications_contract::{Notifications, NotificationsRefusal, OrderId, SentQuery};
use serde::Deserialize;
use utoipa::IntoParams;

use body::SentBody;

type Shared = State<Arc<dyn Notifications>>;

/// The endpoints of Notifications.
pub fn endpoints(notifications: Arc<dyn Notifications>) -> Endpoints {
    Endpoints::new("notifications", notifications, [routes!(sent)])
}

/// Which messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SentParams {
    /// The order they are about.
    #[param(value_type = String, format = "uuid")]
    order: OrderText,
}

/// An order as it stands in a URL.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct OrderText(OrderId);

impl TryFrom<String> for OrderText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self).map_err(|_malformed: uuid::Error| "must be a UUID")
    }
}

/// The messages about an order that were sent, oldest first, and those that will never be.
///
/// At most one for each outcome of the order, so there is no next page.
#[utoipa::path(
    get,
    path = "/v1/notifications",
    params(SentParams),
    responses((status = 200, body = SentBody))
)]
async fn sent(
    State(notifications): Shared,
    Cx(cx): Cx,
    Query(params): Query<SentParams>,
) -> Result<Json<SentBody>, Problem> {
    let request = SentQuery { order: params.order.0 };
    let sent = notifications.sent(&cx, request).await.map_err(query_failure(refused))?;
    Ok(Json(SentBody::from(sent)))
}

/// Only a newer Notifications refuses anything.
#[expect(clippy::needless_pass_by_value, reason = "as `query_failure` hands it over")]
fn refused(refusal: NotificationsRefusal) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", "The request was refused")
        .detail(format!("{refusal}."))
}
