//! What Catalog says no to, as problems.

use adapter_http::Problem;
use axum::http::StatusCode;
use catalog_contract::CatalogRefusal;

/// The problem of a refusal.
#[expect(clippy::needless_pass_by_value, reason = "as `failure` hands it over")]
pub(super) fn refused(refusal: CatalogRefusal) -> Problem {
    let (status, kind, title) = match &refusal {
        CatalogRefusal::UnknownSku { .. } => {
            (StatusCode::NOT_FOUND, "unknown-product", "There is no such product")
        }
        CatalogRefusal::AlreadyPublished { .. } => {
            (StatusCode::CONFLICT, "already-published", "The SKU is published already")
        }
        // The edge lets none of these three pass; a newer Catalog may be stricter.
        CatalogRefusal::PriceOutOfRange { .. }
        | CatalogRefusal::LimitOutOfRange { .. }
        | CatalogRefusal::TooManySkus { .. }
        | CatalogRefusal::Other(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "refused", "The request was refused")
        }
    };
    Problem::new(status, kind, title).detail(format!("{refusal}."))
}
