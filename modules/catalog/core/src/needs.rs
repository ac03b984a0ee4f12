//! What Catalog wants from outside.

use async_trait::async_trait;
use catalog_contract::{Product, Sku};
use outgrow::{Answers, CommitError, Remembered, StoreError};

use crate::Entry;

/// Keeps products.
#[async_trait]
pub trait ProductStore: Send + Sync {
    /// What commands were answered before.
    fn answers(&self) -> &dyn Answers;

    /// One product.
    async fn entry(&self, sku: &Sku) -> Result<Option<Entry>, StoreError>;

    /// The first `limit` of these products, ascending by the bytes of their SKUs.
    async fn products(&self, which: Which<'_>, limit: u32) -> Result<Vec<Product>, StoreError>;

    /// Keeps a change whole, or nothing of it: [`CommitError::Conflict`] when the product is no longer at the version
    /// it was read at (a new one: exists), or the command was answered meanwhile.
    async fn commit(&self, change: Change) -> Result<(), CommitError>;
}

/// Which products.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// Those of these SKUs; none means all.
    pub skus: &'a [Sku],
    /// Only those after this one.
    pub after: Option<&'a Sku>,
}

/// What one command changed, and what it was answered: one transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The product it published or changed, with the version it was read at.
    pub entry: Option<Entry>,
    /// What the command was answered.
    pub answer: Remembered,
}
