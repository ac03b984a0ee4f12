//! Lists at the edge. Handlers call Wishlist through its port only, so they work wherever Wishlist is.

use std::sync::Arc;

use adapter_http::{Cx, Endpoints, Invalid, Json, Param, Problem, failure, query_failure, routes};
use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wishlist_contract::{Customer, Wish, Wishes, WishesQuery, Wishlist, WishlistRefusal};

type Shared = State<Arc<dyn Wishlist>>;

/// The endpoints of Wishlist.
pub fn endpoints(wishlist: Arc<dyn Wishlist>) -> Endpoints {
    Endpoints::new("wishlists", wishlist, [routes!(wish, wishes)])
}

/// Puts a SKU on a customer's list.
#[utoipa::path(
    post,
    path = "/v1/wishlists/{customer}",
    request_body = WishBody,
    responses((status = 201, body = WishesBody))
)]
async fn wish(
    State(wishlist): Shared,
    Cx(cx): Cx,
    Param(customer): Param<Customer>,
    Json(body): Json<WishBody>,
) -> Result<(StatusCode, Json<WishesBody>), Problem> {
    let mut invalid = Invalid::default();
    let sku = invalid.take("/sku", body.sku.parse());
    let request = invalid.finish(|| Some(Wish { customer, sku: sku? }))?;
    let wishes = wishlist.wish(&cx, request).await.map_err(failure(refused))?;
    Ok((StatusCode::CREATED, Json(wishes.into())))
}

/// A customer's list.
#[utoipa::path(get, path = "/v1/wishlists/{customer}", responses((status = 200, body = WishesBody)))]
async fn wishes(
    State(wishlist): Shared,
    Cx(cx): Cx,
    Param(customer): Param<Customer>,
) -> Result<Json<WishesBody>, Problem> {
    let wishes = wishlist.wishes(&cx, WishesQuery { customer }).await.map_err(query_failure(refused))?;
    Ok(Json(wishes.into()))
}

/// Something to wish for.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Wish)]
#[serde(deny_unknown_fields)]
struct WishBody {
    /// Names it.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,40}$", example = "teapot")]
    sku: String,
}

/// A list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wishes)]
struct WishesBody {
    /// By their bytes.
    skus: Vec<String>,
}

impl From<Wishes> for WishesBody {
    fn from(Wishes { skus }: Wishes) -> Self {
        Self { skus: skus.iter().map(ToString::to_string).collect() }
    }
}

/// The problem of a refusal.
#[expect(clippy::needless_pass_by_value, reason = "as `failure` hands it over")]
fn refused(refusal: WishlistRefusal) -> Problem {
    let (status, kind, title) = match &refusal {
        WishlistRefusal::ListFull { .. } => (StatusCode::CONFLICT, "list-full", "The list is full"),
        // From a newer Wishlist.
        WishlistRefusal::Other(_) => (StatusCode::UNPROCESSABLE_ENTITY, "refused", "The request was refused"),
    };
    Problem::new(status, kind, title).detail(format!("{refusal}."))
}
