//! Payments at the edge. The handler calls Payments through its port only, so it works wherever Payments is.
//!
//! Money is moved between modules: there is no endpoint for that.

mod body;

use std::sync::Arc;

use adapter_http::{Cx, Endpoints, Json, Param, Problem, query_failure, routes};
use axum::{extract::State, http::StatusCode};
use payments_contract::{PaymentId, PaymentQuery, Payments, PaymentsRefusal};

use body::PaymentBody;

type Shared = State<Arc<dyn Payments>>;

/// The endpoints of Payments.
pub fn endpoints(payments: Arc<dyn Payments>) -> Endpoints {
    Endpoints::new("payments", payments, [routes!(payment)])
}

/// The payment of an order.
///
/// 404 `unknown-payment` until it was attempted to pay the order.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}/payment",
    params(("id" = String, Path, format = "uuid")),
    responses((status = 200, body = PaymentBody))
)]
async fn payment(
    State(payments): Shared,
    Cx(cx): Cx,
    Param(payment): Param<PaymentId>,
) -> Result<Json<PaymentBody>, Problem> {
    let known = payments.payment(&cx, PaymentQuery { payment }).await.map_err(query_failure(refused))?;
    // One that ended before it began was never attempted.
    if known.amount.amount == 0 { Err(unknown(payment)) } else { Ok(Json(known.into())) }
}

#[expect(clippy::needless_pass_by_value, reason = "as `query_failure` hands it over")]
fn refused(refusal: PaymentsRefusal) -> Problem {
    if let PaymentsRefusal::UnknownPayment { payment } = refusal {
        return unknown(payment);
    }
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", "The request was refused")
        .detail(format!("{refusal}."))
}

fn unknown(order: PaymentId) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown-payment", "There is no such payment")
        .detail(format!("it was not attempted to pay order {order}."))
}
