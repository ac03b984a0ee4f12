//! What other modules may ask of Wishlist.
//!
//! A customer's list holds SKUs, each once. Whether anybody sells them is not known here.
//!
//! ```
//! let wish = wishlist_contract::Wish { customer: "ada".parse()?, sku: "teapot".parse()? };
//! assert_eq!(wish.sku.as_str(), "teapot");
//! assert!("tea pot".parse::<wishlist_contract::Sku>().is_err());
//! # Ok::<(), outgrow::NotText>(())
//! ```

use outgrow::{Answer, CallContext, Unread, Wire, port};

/// How many wishes a list has at most.
pub const MOST: u32 = 100;

outgrow::text! {
    /// Who wishes.
    pub struct Customer: 1..=64, |c| !c.is_control(),
        "a customer has 1 to 64 characters, none of them a control character";
}

outgrow::text! {
    /// Names what is wished for.
    pub struct Sku: 1..=40, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'),
        "a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`";
}

/// What customers would like to have.
#[port("wishlist.v1")]
pub trait Wishlist {
    /// Puts a SKU on a customer's list. What is there already stays there once.
    #[command(idempotent)]
    async fn wish(&self, cx: &CallContext, request: Wish) -> Answer<Wishes, WishlistRefusal>;

    /// What is on a customer's list.
    #[query]
    async fn wishes(&self, cx: &CallContext, request: WishesQuery) -> Answer<Wishes, WishlistRefusal>;
}

/// Puts a SKU on a list.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Wish {
    /// Whose list.
    #[wire(1)]
    pub customer: Customer,
    /// What is wished for.
    #[wire(2)]
    pub sku: Sku,
}

/// Asks for a list.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct WishesQuery {
    /// Whose.
    #[wire(1)]
    pub customer: Customer,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Wire)]
pub struct Wishes {
    /// Ascending by their bytes, each once.
    #[wire(1)]
    pub skus: Vec<Sku>,
}

/// Why Wishlist refused.
#[derive(Clone, Debug, PartialEq, Eq, Wire, thiserror::Error)]
pub enum WishlistRefusal {
    /// There is no room for another wish.
    #[error("a list has at most {most} wishes")]
    #[wire(1)]
    ListFull {
        /// How many there may be.
        #[wire(1)]
        most: u32,
    },
    /// A refusal of a newer version.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}
