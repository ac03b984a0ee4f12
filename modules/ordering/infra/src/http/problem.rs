//! What Ordering says no to, as problems.

use adapter_http::Problem;
use axum::http::StatusCode;
use ordering_contract::OrderingRefusal;

/// The problem of a refusal.
#[expect(clippy::needless_pass_by_value, reason = "failures hand their refusal over")]
pub(super) fn refused(refusal: OrderingRefusal) -> Problem {
    let why = refusal.to_string();
    match refusal {
        OrderingRefusal::WrongNumberOfLines { .. } => {
            unprocessable("wrong-number-of-lines", "Too few or too many lines").at("/lines", why.clone())
        }
        OrderingRefusal::UnknownSku { line, .. } => unprocessable("unknown-sku", "There is no such product")
            .at(format!("/lines/{line}/sku"), why.clone()),
        OrderingRefusal::MixedCurrencies { line, .. } => {
            unprocessable("mixed-currencies", "An order has one currency")
                .at(format!("/lines/{line}"), why.clone())
        }
        OrderingRefusal::TotalTooLarge => {
            unprocessable("total-too-large", "The total is too large").at("/lines", why.clone())
        }
        OrderingRefusal::UnknownOrder { .. } => {
            Problem::new(StatusCode::NOT_FOUND, "unknown-order", "There is no such order")
        }
        OrderingRefusal::NotCancellable { .. } => {
            Problem::new(StatusCode::CONFLICT, "not-cancellable", "The order cannot be cancelled any more")
        }
        OrderingRefusal::WrongLimit { .. } => {
            Problem::new(StatusCode::BAD_REQUEST, "invalid-parameter", "A parameter is not valid")
        }
        OrderingRefusal::Other(_) => unprocessable("refused", "The request was refused"),
    }
    .detail(format!("{why}."))
}

fn unprocessable(kind: &'static str, title: &'static str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, title)
}
