//! What goes over HTTP: the same as the shop's.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An order to place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceOrder {
    pub(crate) customer: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) payment_token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

/// An order.
#[derive(Clone, Serialize)]
pub(crate) struct Order {
    pub(crate) id: Uuid,
    pub(crate) customer: String,
    pub(crate) status: String,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) total: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Reason>,
}

#[derive(Clone, Serialize)]
pub(crate) struct OrderLine {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) unit_price: Money,
}

#[derive(Clone, Serialize)]
pub(crate) struct Money {
    pub(crate) amount: i64,
    pub(crate) currency: String,
}

#[derive(Clone, Serialize)]
pub(crate) struct Reason {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// The stock of one SKU.
#[derive(Serialize)]
pub(crate) struct Level {
    pub(crate) sku: String,
    pub(crate) on_hand: u32,
    pub(crate) reserved: u32,
    pub(crate) available: u32,
}

impl PlaceOrder {
    /// The order in a body of JSON, if it is one.
    pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Problem> {
        let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
        if media.is_none_or(|media| !media.starts_with("application/json")) {
            return Err(Problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is not JSON".to_owned()));
        }
        let order: Self = serde_json::from_slice(body).map_err(|why| unprocessable(&why))?;
        let visible = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
        let within = |text: &str, most| (1..=most).contains(&text.chars().count());
        if !within(&order.customer, 64) || order.customer.contains(char::is_control) {
            return Err(unprocessable(&"a customer has 1 to 64 characters"));
        }
        if !within(&order.payment_token, 128) || !visible(&order.payment_token) {
            return Err(unprocessable(&"a payment token has 1 to 128 visible ASCII characters"));
        }
        if !(1..=100).contains(&order.lines.len()) {
            return Err(unprocessable(&"an order has 1 to 100 lines"));
        }
        for line in &order.lines {
            is_sku(&line.sku)?;
            if !(1..=10_000).contains(&line.quantity) {
                return Err(unprocessable(&"a quantity is 1 to 10000"));
            }
        }
        Ok(order)
    }
}

pub(crate) fn is_sku(text: &str) -> Result<(), Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=40).contains(&text.len()) && text.chars().all(plain) {
        return Ok(());
    }
    Err(unprocessable(&"a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`"))
}

/// The key of a request, or a new one.
pub(crate) fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(new_id().to_string()) };
    let key = key.to_str().ok().filter(|key| (1..=255).contains(&key.len()) && !key.contains(' '));
    key.map(ToOwned::to_owned)
        .ok_or_else(|| Problem(StatusCode::BAD_REQUEST, "this is no idempotency key".to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "there is no kit here")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// What is wrong, and the status that says so.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) StatusCode, pub(crate) String);

pub(crate) fn unprocessable(why: &impl ToString) -> Problem {
    Problem(StatusCode::UNPROCESSABLE_ENTITY, why.to_string())
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, detail) = self;
        let body = serde_json::json!({ "status": status.as_u16(), "detail": detail }).to_string();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
