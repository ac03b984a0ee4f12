//! Stock at the edge. Handlers call Inventory through its port only, so they work wherever Inventory is.
//!
//! Reservations are between modules: there is no endpoint for them.

mod body;
mod problem;

use std::sync::Arc;

use adapter_http::{Cx, Endpoints, Json, Param, Problem, failure, query_failure, routes};
use axum::{extract::State, http::StatusCode};
use inventory_contract::{Inventory, ReceiveStock, Sku, StockQuery};

use body::{ReceiptBody, StockLevelBody};
use problem::refused;

type Shared = State<Arc<dyn Inventory>>;

/// The endpoints of Inventory.
pub fn endpoints(inventory: Arc<dyn Inventory>) -> Endpoints {
    Endpoints::new("stock", inventory, [routes!(receive), routes!(stock)])
}

/// Adds received goods to what is on hand.
///
/// Answers with the stock afterwards.
#[utoipa::path(
    post,
    path = "/v1/stock/{sku}/receipts",
    params(("sku" = String, Path, pattern = "^[A-Za-z0-9._-]{1,40}$")),
    request_body = ReceiptBody,
    responses((status = 201, body = StockLevelBody))
)]
async fn receive(
    State(inventory): Shared,
    Cx(cx): Cx,
    Param(sku): Param<Sku>,
    Json(body): Json<ReceiptBody>,
) -> Result<(StatusCode, Json<StockLevelBody>), Problem> {
    let request = ReceiveStock { sku, quantity: body.quantity()? };
    let level = inventory.receive(&cx, request).await.map_err(failure(refused))?;
    Ok((StatusCode::CREATED, Json(level.into())))
}

/// The stock of one SKU.
///
/// 404 `never-received` if nothing of it was ever received.
#[utoipa::path(
    get,
    path = "/v1/stock/{sku}",
    params(("sku" = String, Path, pattern = "^[A-Za-z0-9._-]{1,40}$")),
    responses((status = 200, body = StockLevelBody))
)]
async fn stock(
    State(inventory): Shared,
    Cx(cx): Cx,
    Param(sku): Param<Sku>,
) -> Result<Json<StockLevelBody>, Problem> {
    let level = inventory.stock(&cx, StockQuery { sku }).await.map_err(query_failure(refused))?;
    Ok(Json(level.into()))
}
