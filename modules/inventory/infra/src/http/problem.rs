//! What Inventory says no to, as problems.

use adapter_http::Problem;
use axum::http::StatusCode;
use inventory_contract::InventoryRefusal;

/// The problem of a refusal.
#[expect(clippy::needless_pass_by_value, reason = "as `failure` hands it over")]
pub(super) fn refused(refusal: InventoryRefusal) -> Problem {
    let (status, kind, title) = match &refusal {
        InventoryRefusal::NeverReceived { .. } => {
            (StatusCode::NOT_FOUND, "never-received", "Nothing of this was ever received")
        }
        InventoryRefusal::TooMuch { .. } => {
            (StatusCode::CONFLICT, "too-much-stock", "More would be on hand than can be counted")
        }
        // About reservations, which have no endpoint; or from a newer Inventory.
        InventoryRefusal::OutOfStock { .. }
        | InventoryRefusal::WrongNumberOfLines { .. }
        | InventoryRefusal::UnknownReservation { .. }
        | InventoryRefusal::ReservedOtherwise { .. }
        | InventoryRefusal::Released { .. }
        | InventoryRefusal::Shipped { .. }
        | InventoryRefusal::Other(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "refused", "The request was refused")
        }
    };
    Problem::new(status, kind, title).detail(format!("{refusal}."))
}
