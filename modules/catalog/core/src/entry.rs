//! A product, as its module keeps it.
//!
//! Invariant: the amount of its price is within [`AMOUNTS`].

use catalog_contract::{AMOUNTS, CatalogRefusal, Product, PublishProduct};
use outgrow::Money;

/// A product in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    product: Product,
    version: u32,
}

impl Entry {
    /// A new one.
    ///
    /// # Errors
    /// When the price is out of range.
    pub fn new(request: PublishProduct) -> Result<Self, CatalogRefusal> {
        let PublishProduct { sku, name, price } = request;
        let price = in_range(price)?;
        Ok(Self { product: Product { sku, name, price }, version: 0 })
    }

    /// As it was kept. `version` counts how often it was changed.
    pub fn kept(product: Product, version: u32) -> Self {
        Self { product, version }
    }

    /// What others may know of it.
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// How often it had been changed when it was read: 0 if it is new.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Gives it another price. True if that changes anything.
    ///
    /// # Errors
    /// When the price is out of range.
    pub fn reprice(&mut self, price: Money) -> Result<bool, CatalogRefusal> {
        let before = std::mem::replace(&mut self.product.price, in_range(price)?);
        Ok(before != price)
    }
}

fn in_range(price: Money) -> Result<Money, CatalogRefusal> {
    if AMOUNTS.contains(&price.amount) {
        Ok(price)
    } else {
        Err(CatalogRefusal::PriceOutOfRange { amount: price.amount })
    }
}
