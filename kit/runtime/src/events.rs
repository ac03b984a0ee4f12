//! How events get from where they happened to whoever listens: outbox, relay, inbox, handler.
//!
//! ```text
//! publisher's home                         subscriber's home
//! change + outbox ──► relay ──► courier ──► inbox ──► worker ──► handler: effects + mark
//!  (one transaction)   (settles each event by its id)             (one transaction)
//! ```
//!
//! The outbox and the inbox are tables of the homes, behind [`Outbox`] and [`Inbox`]. Delivering is the same act on
//! every placement: a batch is put into the subscriber's inbox. Only who carries it there differs ([`courier`]).
//!
//! Whatever dies, whenever: an event that was committed stays in the outbox until its subscriber has it, so it is
//! delivered at least once; the mark of its handling is committed with its effects, so it has them once (ADR 0018).
//! Leases only keep two processes from doing the same work: nothing is lost or doubled if both believe they hold one.
//!
//! Deliberately absent: SQL, carriers, and what modules do with an event.

pub mod courier;
pub mod handler;
pub mod relay;
pub mod shards;
pub mod worker;

use std::time::Duration;

use async_trait::async_trait;
use outgrow::{
    CommitError, StoreError,
    event::{Mark, Recorded},
};
use uuid::Uuid;

use crate::Bell;

pub(crate) use courier::said;
pub use courier::{Courier, Local, Push, Taken};
pub use handler::{Handler, Poison, Subscription, Unhandled};
pub use relay::Relay;
pub use shards::{Lease, SHARDS, Shards, shard};
pub use worker::Worker;

/// Who works on which shard, by the clock of the store.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes every shard of this kind of work that is free, was let run out, or is held by `holder` already, for this
    /// long from now. Each that changes hands gets a term above all it had.
    async fn take(&self, work: &'static str, holder: Uuid, term: Duration) -> Result<Vec<Lease>, StoreError>;
}

/// Events that were committed with what they tell of, until every subscriber has them.
#[async_trait]
pub trait Outbox: Leases {
    /// A bell of its own for whoever asks: it rings after each commit that has put something in.
    fn bell(&self) -> Bell;

    /// Whether anything is still to be delivered to this subscriber.
    async fn any_due(&self, subscriber: &str) -> Result<bool, StoreError>;

    /// At most `limit` of what is still to be delivered to this subscriber, of these shards, oldest first.
    async fn due(&self, subscriber: &str, shards: &[Lease], limit: u32) -> Result<Vec<Recorded>, StoreError>;

    /// Settles what the subscriber has: exactly these events, as far as `shards` are still held at these terms.
    async fn settle(&self, subscriber: &str, shards: &[Lease], events: &[Uuid]) -> Result<(), CommitError>;
}

/// Events that were delivered, until they are handled.
#[async_trait]
pub trait Inbox: Leases {
    /// It rings when something was put in.
    fn bell(&self) -> Bell;

    /// Keeps these events, all or none; those that are there, or were handled, stay as they are.
    async fn accept(&self, events: &[Recorded]) -> Result<(), CommitError>;

    /// Whether anything could be handled now.
    async fn any_due(&self) -> Result<bool, StoreError>;

    /// Begins an attempt at each of at most `limit` events of these shards that can be handled now, and counts it: so
    /// an event that ends the process is counted, too. Of each key that is the first one not handled. What was tried
    /// before comes alone.
    async fn begin(&self, shards: &[Lease], limit: u32) -> Result<Vec<Attempt>, CommitError>;

    /// Keeps that an event was handled, without effects: [`CommitError::Conflict`] if it was handled before.
    async fn mark(&self, mark: &Mark) -> Result<(), CommitError>;

    /// Keeps that an attempt failed, and why; the next one comes after `pause`.
    async fn put_off(&self, mark: &Mark, why: &str, pause: Duration) -> Result<(), CommitError>;

    /// Sets an event aside for people to look at, and says why; later events of its key wait, or do not.
    async fn park(&self, mark: &Mark, why: &str, poison: Poison) -> Result<(), CommitError>;
}

/// One attempt at handling an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The event.
    pub event: Recorded,
    /// Which attempt it is, from 1.
    pub number: u32,
}
