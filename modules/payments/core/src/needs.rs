//! What Payments wants from outside, in its own words.

use async_trait::async_trait;
use outgrow::{Answers, CommitError, Outgoing, Remembered, StoreError};
use payments_contract::{Payment as Shown, PaymentId};

use crate::{Operation, Outcome, Payment, Record, Transfer};

/// After so many records a payment is kept as it is, so that reading it does not begin at the first.
pub const SNAPSHOT_EVERY: u32 = 4;

/// Keeps payments, by their records.
#[async_trait]
pub trait PaymentStore: Send + Sync {
    /// What commands were answered before.
    fn answers(&self) -> &dyn Answers;

    /// The records of a payment, from its last snapshot on. One that nobody has heard of has none.
    async fn stream(&self, id: PaymentId) -> Result<Stream, StoreError>;

    /// A payment as others see it, without its records.
    async fn overview(&self, id: PaymentId) -> Result<Option<Shown>, StoreError>;

    /// Keeps a change whole, or nothing of it: [`CommitError::Conflict`] when the payment has records that whoever made
    /// the change had not read, or the command was answered meanwhile.
    async fn commit(&self, change: Change) -> Result<(), CommitError>;
}

/// What is kept of one payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// The payment as it was after some records.
    pub snapshot: Option<Payment>,
    /// The records since.
    pub tail: Vec<Record>,
}

/// What a command found out or intends, what is told of it, and what it was answered: one transaction.
#[derive(Clone, Debug)]
pub struct Change {
    /// The payment, as it is with the record.
    pub payment: Payment,
    /// What is added to what is kept of it: its record of the number [`Payment::version`].
    pub record: Option<Record>,
    /// What moves with that.
    pub transfer: Option<Transfer>,
    /// What is told of it.
    pub event: Option<Outgoing>,
    /// What the command was answered; none if it goes on.
    pub answer: Option<Remembered>,
}

impl Change {
    /// The payment, if it is to be kept as it is.
    pub fn snapshot(&self) -> Option<&Payment> {
        let due = self.record.is_some() && self.payment.version.is_multiple_of(SNAPSHOT_EVERY);
        due.then_some(&self.payment)
    }
}

/// Moves money. It is somebody else's system: it may do what it is asked and lose the answer, or be late, or not get
/// the question at all.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Does this, or says no, for good. However often it is asked under one [key](Operation::key), it does it once and
    /// gives the same answer.
    async fn submit(&self, operation: &Operation) -> Result<Outcome, NoAnswer>;

    /// What has come of what it was asked under the key of this operation.
    async fn ask(&self, operation: &Operation) -> Result<Standing, NoAnswer>;
}

/// What the provider knows of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not got it: not yet, or never.
    Unheard,
    /// It does not know yet.
    InProgress,
    /// It is done, or declined.
    Settled(Outcome),
}

/// The provider did not answer: it may have done what it was asked, or do so later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider gave no answer: {0}")]
pub struct NoAnswer(pub String);
