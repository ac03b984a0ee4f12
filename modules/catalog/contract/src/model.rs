//! Requests and answers.

use std::ops::RangeInclusive;

use outgrow::{Money, Wire};

use crate::{ProductName, Sku};

/// What the amount of a price may be, in minor units. Nothing is free, and 100 lines of the most expensive product,
/// 10,000 of each, still add up in 64 bits.
pub const AMOUNTS: RangeInclusive<i64> = 1..=100_000_000_000;

/// How many products a query names, and how many it answers with, at most.
pub const MOST: u32 = 100;

/// Puts a product into the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct PublishProduct {
    /// Under which SKU: one that is not published yet.
    #[wire(1)]
    pub sku: Sku,
    /// What people call it.
    #[wire(2)]
    pub name: ProductName,
    /// What one of it costs: an amount of 1 to 100000000000.
    #[wire(3)]
    pub price: Money,
}

/// Gives a product another price, from now on. The currency may change, too.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Reprice {
    /// Which product.
    #[wire(1)]
    pub sku: Sku,
    /// What one of it costs: an amount of 1 to 100000000000.
    #[wire(2)]
    pub price: Money,
}

/// Asks for one product.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct ProductQuery {
    /// Which one.
    #[wire(1)]
    pub sku: Sku,
}

/// Asks for products, in the order of their SKUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Wire)]
pub struct ProductsQuery {
    /// Which ones: at most 100, in any order; repeated ones count once. None means all there are.
    #[wire(1)]
    pub skus: Vec<Sku>,
    /// Only those after this one.
    #[wire(2)]
    pub after: Option<Sku>,
    /// How many at most: 1 to 100. If nothing is said, as many as `skus` names, or 50 of all.
    #[wire(3)]
    pub limit: Option<u32>,
}

/// Something to sell.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Product {
    /// Names it.
    #[wire(1)]
    pub sku: Sku,
    /// What people call it.
    #[wire(2)]
    pub name: ProductName,
    /// What one of it costs now.
    #[wire(3)]
    pub price: Money,
}

/// Some products, ascending by the bytes of their SKUs. Of the ones asked for by SKU, those not published are missing.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Products {
    /// The products.
    #[wire(1)]
    pub items: Vec<Product>,
    /// There are more after this one. None if these were the last.
    #[wire(2)]
    pub next: Option<Sku>,
}
