//! The port.

use outgrow::{Answer, CallContext, port};

use crate::{CatalogRefusal, Product, ProductQuery, Products, ProductsQuery, PublishProduct, Reprice};

/// What is for sale, and at which price.
#[port("catalog.v1")]
pub trait Catalog {
    /// Puts a product into the catalogue. A SKU is published once, whatever the name and the price.
    #[command(idempotent)]
    async fn publish(&self, cx: &CallContext, request: PublishProduct) -> Answer<Product, CatalogRefusal>;

    /// Gives a product another price.
    #[command(idempotent)]
    async fn reprice(&self, cx: &CallContext, request: Reprice) -> Answer<Product, CatalogRefusal>;

    /// One product.
    #[query]
    async fn product(&self, cx: &CallContext, request: ProductQuery) -> Answer<Product, CatalogRefusal>;

    /// Some products, or a page of all.
    #[query]
    async fn products(&self, cx: &CallContext, request: ProductsQuery) -> Answer<Products, CatalogRefusal>;
}
