//! What Wishlist wants from outside.

use async_trait::async_trait;
use outgrow::{Answers, CommitError, Remembered, StoreError};
use wishlist_contract::Customer;

use crate::List;

/// Keeps lists.
#[async_trait]
pub trait ListStore: Send + Sync {
    /// What commands were answered before.
    fn answers(&self) -> &dyn Answers;

    /// A customer's list, if there is one.
    async fn list(&self, customer: &Customer) -> Result<Option<List>, StoreError>;

    /// Keeps a change whole, or nothing of it: [`CommitError::Conflict`] when the list is no longer at the version it
    /// was read at, or the command was answered meanwhile.
    async fn commit(&self, change: Change) -> Result<(), CommitError>;
}

/// What one command changed, and what it was answered: one transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The list it changed, with the version it was read at.
    pub list: Option<List>,
    /// What the command was answered.
    pub answer: Remembered,
}
