//! Products at the edge. Handlers call Catalog through its port only, so they work wherever Catalog is.
#![expect(unused_qualifications, reason = "in what utoipa makes of the parameters of a page")]

mod body;
mod problem;

use std::sync::Arc;

use adapter_http::{
    Cursor, Cx, Endpoints, Json, Limit, MoneyJson, Page, Param, Problem, Query, failure, query_failure,
    routes,
};
use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use catalog_contract::{Catalog, ProductQuery, ProductsQuery, Reprice, Sku};
use serde::Deserialize;
use utoipa::IntoParams;

use body::{ProductBody, PublishProductBody, price};
use problem::refused;

type Shared = State<Arc<dyn Catalog>>;

/// What cursors are for.
const LIST: &str = "products";

/// The endpoints of Catalog.
pub fn endpoints(catalog: Arc<dyn Catalog>) -> Endpoints {
    let routes = [routes!(publish, products), routes!(product), routes!(reprice)];
    Endpoints::new("products", catalog, routes)
}

/// Publishes a product.
///
/// A SKU is published once: 409 `already-published` if it is known.
#[utoipa::path(
    post,
    path = "/v1/products",
    request_body = PublishProductBody,
    responses((status = 201, body = ProductBody, headers(("Location" = String, description = "The product."))))
)]
async fn publish(
    State(catalog): Shared,
    Cx(cx): Cx,
    Json(body): Json<PublishProductBody>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<ProductBody>), Problem> {
    let published = catalog.publish(&cx, body.into_request()?).await.map_err(failure(refused))?;
    let location = [(header::LOCATION, format!("/v1/products/{}", published.sku))];
    Ok((StatusCode::CREATED, location, Json(published.into())))
}

/// One product.
#[utoipa::path(
    get,
    path = "/v1/products/{sku}",
    params(("sku" = String, Path, pattern = "^[A-Za-z0-9._-]{1,40}$")),
    responses((status = 200, body = ProductBody))
)]
async fn product(
    State(catalog): Shared,
    Cx(cx): Cx,
    Param(sku): Param<Sku>,
) -> Result<Json<ProductBody>, Problem> {
    let product = catalog.product(&cx, ProductQuery { sku }).await.map_err(query_failure(refused))?;
    Ok(Json(product.into()))
}

/// Gives a product another price.
///
/// Orders keep the price of the moment they were placed.
#[utoipa::path(
    put,
    path = "/v1/products/{sku}/price",
    params(("sku" = String, Path, pattern = "^[A-Za-z0-9._-]{1,40}$")),
    request_body = MoneyJson,
    responses((status = 200, body = ProductBody))
)]
async fn reprice(
    State(catalog): Shared,
    Cx(cx): Cx,
    Param(sku): Param<Sku>,
    Json(body): Json<MoneyJson>,
) -> Result<Json<ProductBody>, Problem> {
    let request = Reprice { sku, price: price(body)? };
    let product = catalog.reprice(&cx, request).await.map_err(failure(refused))?;
    Ok(Json(product.into()))
}

/// Which products.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProductsParams {
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// At most so many.
    #[param(inline)]
    #[serde(default)]
    limit: Limit,
}

/// All products, by their SKUs.
#[utoipa::path(
    get,
    path = "/v1/products",
    params(ProductsParams),
    responses((status = 200, body = Page<ProductBody>))
)]
async fn products(
    State(catalog): Shared,
    Cx(cx): Cx,
    Query(params): Query<ProductsParams>,
) -> Result<Json<Page<ProductBody>>, Problem> {
    let after = params.after.map(|cursor| cursor.read(LIST)).transpose()?;
    let request = ProductsQuery { skus: Vec::new(), after, limit: Some(params.limit.get()) };
    let page = catalog.products(&cx, request).await.map_err(query_failure(refused))?;
    let items = page.items.into_iter().map(ProductBody::from).collect();
    Ok(Json(Page { items, next: page.next.map(|sku| Cursor::after(LIST, &sku)) }))
}
