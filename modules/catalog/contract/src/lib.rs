//! What other modules may ask of Catalog.
//!
//! A product is *published* once, under its SKU, with a name and a price; from then on it can be *repriced*. What a
//! product cost when somebody bought it is not kept here: whoever sells remembers the price it sold at.
//!
//! ```
//! use catalog_contract::PublishProduct;
//! use outgrow::Money;
//!
//! let request = PublishProduct {
//!     sku: "mug-blue".parse()?,
//!     name: "Blue mug".parse()?,
//!     price: Money { amount: 1250, currency: "EUR".parse()? },
//! };
//! assert_eq!(request.price.to_string(), "1250 EUR");
//! assert!("mug blue".parse::<catalog_contract::Sku>().is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod id;
mod model;
mod port;
mod refusal;

pub use id::{ProductName, Sku};
pub use model::{AMOUNTS, MOST, Product, ProductQuery, Products, ProductsQuery, PublishProduct, Reprice};
pub use port::Catalog;
pub use refusal::CatalogRefusal;
