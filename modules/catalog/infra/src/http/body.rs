//! What goes over HTTP: the public shape of a product, apart from the contract's.

use adapter_http::{Invalid, MoneyJson, Problem};
use catalog_contract::{AMOUNTS, Product, PublishProduct};
use outgrow::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product to publish.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PublishProduct)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishProductBody {
    /// Names it.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,40}$", example = "mug-blue")]
    sku: String,
    /// What people call it: no control characters.
    #[schema(min_length = 1, max_length = 200, example = "Blue mug")]
    name: String,
    /// What one of it costs: the amount is 1 to 100000000000.
    price: MoneyJson,
}

impl PublishProductBody {
    /// The request of the port, or everything that is wrong with the body.
    pub(super) fn into_request(self) -> Result<PublishProduct, Problem> {
        let mut invalid = Invalid::default();
        let sku = invalid.take("/sku", self.sku.parse());
        if matches!(&*self.sku, "." | "..") {
            // The product's address would be that of its parent.
            invalid.refuse("/sku", "`.` and `..` mean something else in URLs");
        }
        let name = invalid.take("/name", self.name.parse());
        check_amount("/price/amount", self.price.0, &mut invalid);
        invalid.finish(|| Some(PublishProduct { sku: sku?, name: name?, price: self.price.0 }))
    }
}

/// The price that a body is.
pub(super) fn price(MoneyJson(price): MoneyJson) -> Result<Money, Problem> {
    let mut invalid = Invalid::default();
    check_amount("/amount", price, &mut invalid);
    invalid.finish(|| Some(price))
}

/// Catalog would refuse it, too, but only after everything else was found to be right.
fn check_amount(pointer: &'static str, price: Money, invalid: &mut Invalid) {
    if !AMOUNTS.contains(&price.amount) {
        invalid.refuse(pointer, format!("must be {} to {}", AMOUNTS.start(), AMOUNTS.end()));
    }
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Product)]
pub(super) struct ProductBody {
    /// Names it.
    sku: String,
    /// What people call it.
    name: String,
    /// What one of it costs now.
    price: MoneyJson,
}

impl From<Product> for ProductBody {
    fn from(Product { sku, name, price }: Product) -> Self {
        Self { sku: sku.to_string(), name: name.to_string(), price: price.into() }
    }
}
