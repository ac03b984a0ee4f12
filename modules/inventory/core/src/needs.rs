//! What Inventory wants from outside.

use async_trait::async_trait;
use inventory_contract::{ReservationId, Sku};
use outgrow::{Answers, CommitError, Remembered, StoreError};

use crate::{Hold, Item};

/// Keeps stock and reservations.
#[async_trait]
pub trait StockStore: Send + Sync {
    /// What commands were answered before.
    fn answers(&self) -> &dyn Answers;

    /// The items of these SKUs, in any order; those never received are missing.
    async fn items(&self, skus: &[Sku]) -> Result<Vec<Item>, StoreError>;

    /// One reservation.
    async fn hold(&self, id: ReservationId) -> Result<Option<Hold>, StoreError>;

    /// Keeps a change whole, or nothing of it: [`CommitError::Conflict`] when an item or the reservation is no longer
    /// at the version it was read at, or the command was answered meanwhile.
    async fn commit(&self, change: Change) -> Result<(), CommitError>;
}

/// What one command changed, and what it was answered: one transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The items it changed, each with the version it was read at.
    pub items: Vec<Item>,
    /// The reservation it made or changed.
    pub hold: Option<Hold>,
    /// What the command was answered.
    pub answer: Remembered,
}
