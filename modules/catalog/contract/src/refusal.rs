//! What Catalog says no to.

use outgrow::{Unread, Wire};

use crate::{AMOUNTS, MOST, Sku};

/// Why Catalog refused.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum CatalogRefusal {
    /// No product was published under this SKU.
    #[error("there is no product {sku}")]
    #[wire(1)]
    UnknownSku {
        /// Which SKU.
        #[wire(1)]
        sku: Sku,
    },
    /// A product was published under this SKU before.
    #[error("{sku} is published already")]
    #[wire(2)]
    AlreadyPublished {
        /// Which SKU.
        #[wire(1)]
        sku: Sku,
    },
    /// The amount of a price is 1 to 100000000000.
    #[error("the amount of a price is {least} to {most}, not {amount}", least = AMOUNTS.start(), most = AMOUNTS.end())]
    #[wire(3)]
    PriceOutOfRange {
        /// What it was, in minor units.
        #[wire(1)]
        amount: i64,
    },
    /// A query answers with 1 to 100 products.
    #[error("the limit is 1 to {MOST}, not {limit}")]
    #[wire(4)]
    LimitOutOfRange {
        /// What it was.
        #[wire(1)]
        limit: u32,
    },
    /// A query names at most 100 SKUs.
    #[error("a query names at most {MOST} SKUs, not {skus}")]
    #[wire(5)]
    TooManySkus {
        /// How many there were.
        #[wire(1)]
        skus: u32,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
