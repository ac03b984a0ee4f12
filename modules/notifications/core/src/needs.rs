//! What Notifications wants from outside, in its own words.

use async_trait::async_trait;
use notifications_contract::{MessageId, OrderId, Recipient};
use outgrow::{CommitError, StoreError, event::Mark};
use time::OffsetDateTime;

use crate::{Letter, Message};

/// Keeps messages.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// One message.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The messages about an order that were sent, oldest first.
    async fn sent(&self, order: OrderId) -> Result<Vec<Message>, StoreError>;

    /// At most `limit` messages that are still to be sent and may be, oldest first, from behind `after`.
    async fn to_send(&self, after: Option<MessageId>, limit: u32) -> Result<Vec<MessageId>, StoreError>;

    /// Keeps a message that is to be sent, and that the event it tells of was handled; both or nothing:
    /// [`CommitError::Conflict`] when that event was handled before, or when there is a message of that outcome.
    async fn intend(&self, message: Message, mark: Mark) -> Result<(), CommitError>;

    /// Keeps that a message was sent. [`CommitError::Conflict`] when that is known already.
    async fn mark_sent(&self, id: MessageId, at: OffsetDateTime) -> Result<(), CommitError>;

    /// The messages about an order that will never be sent, oldest first.
    async fn refused(&self, order: OrderId) -> Result<Vec<Message>, StoreError>;

    /// Keeps that a message will never be sent, and why. [`CommitError::Conflict`] when it was sent, or when that is
    /// known already.
    async fn mark_refused(&self, id: MessageId, why: &str) -> Result<(), CommitError>;
}

/// Brings messages to people.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a letter, or hands it to who certainly will. It may be asked again for the same `id`, by whoever died
    /// before keeping that it was sent: the id travels with the letter, so that the second one can be recognised.
    async fn send(&self, id: MessageId, to: &Recipient, letter: &Letter) -> Result<(), Undelivered>;
}

/// The mailer did not do its part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It did not bring the letter, or perhaps did: it may be asked again.
    #[error("the mailer is not available: {0}")]
    Unavailable(String),
    /// It will never bring this letter, however often it is asked.
    #[error("the letter was refused: {0}")]
    Refused(String),
}
