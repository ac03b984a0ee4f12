//! The worker: handles what is in an inbox, of each key one after the other.
//!
//! An attempt is counted before it begins, and one that fails is followed by a pause that grows, with full jitter.
//! After [`ATTEMPTS`] the event is parked with its reason, also if no process survived them. Whether the later ones of
//! its key wait for it is what the subscription declared.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use outgrow::{
    BoxFuture, CommitError, StoreError,
    event::{Handled, Recorded},
};
use tokio::time::timeout;

use super::{
    Attempt, Handler, Inbox, Poison, Shards, Unhandled,
    courier::said,
    relay::{Round, windows},
};
use crate::{
    Retry,
    tasks::{AT_ONCE, Pace, Rest},
};

/// How often an event is tried before it is parked.
pub const ATTEMPTS: u32 = 5;

/// How many attempts are begun at once.
const WINDOW: u32 = 64;

/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The pauses after a failed attempt.
const PAUSES: Retry = Retry {
    attempts: ATTEMPTS,
    first_pause: Duration::from_millis(500),
    longest_pause: Duration::from_secs(30),
};

/// Handles the events in one inbox.
pub struct Worker {
    inbox: Arc<dyn Inbox>,
    shards: Shards,
    handlers: Vec<Arc<dyn Handler>>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("shards", &self.shards).finish_non_exhaustive()
    }
}

impl Worker {
    /// Handles what is in this inbox by these handlers.
    pub fn new(inbox: Arc<dyn Inbox>, shards: Shards, handlers: Vec<Arc<dyn Handler>>) -> Self {
        Self { inbox, shards, handlers }
    }

    /// Handles window after window until nothing is left.
    pub async fn round(&self, stop: &(dyn Fn() -> bool + Send + Sync)) -> Round {
        windows(stop, || self.window()).await
    }

    /// One round of a [chore](crate::Tasks::paced): tells when the next is due, and logs when trouble begins.
    pub async fn turn(&self, pace: &Pace, stop: &(dyn Fn() -> bool + Send + Sync)) -> Rest {
        match self.round(stop).await {
            Round::Idle => pace.well(false),
            Round::Worked => pace.well(true),
            Round::Trouble(why) => {
                if pace.failures() == 0 {
                    tracing::warn!(why, "events wait in the inbox");
                }
                pace.failed(&PAUSES)
            }
        }
    }

    async fn window(&self) -> Result<bool, String> {
        let read = |error: StoreError| said(&CommitError::NotCommitted(error));
        if !self.inbox.any_due().await.map_err(read)? {
            return Ok(false);
        }
        let shards = self.shards.held().await.map_err(read)?;
        if shards.is_empty() {
            return Ok(false); // others hold them
        }
        let attempts = self.inbox.begin(&shards, WINDOW).await.map_err(|error| said(&error))?;
        if attempts.is_empty() {
            return Ok(false); // somebody else was first
        }
        self.shards.hold_during(self.all(attempts)).await;
        Ok(true)
    }

    fn all(&self, attempts: Vec<Attempt>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            stream::iter(attempts).for_each_concurrent(AT_ONCE, |attempt| self.attempt(attempt)).await;
        })
    }

    async fn attempt(&self, Attempt { event, number }: Attempt) {
        if let Err(error) = self.settle(&event, number).await {
            // The store is away; the attempt is counted, and the event comes again.
            let why = said(&error);
            tracing::warn!(id = %event.id, kind = event.kind, why, "what became of an event was not kept");
        }
    }

    async fn settle(&self, event: &Recorded, number: u32) -> Result<(), CommitError> {
        let mark = event.mark();
        let Some(handler) = self.handlers.iter().find(|handler| handler.stream().to_string() == event.stream)
        else {
            return self.inbox.park(&mark, "nobody here listens to its stream", Poison::Blocks).await;
        };
        let late = || Err(Unhandled::Failed(format!("it was not handled within {PATIENCE:?}")));
        let handled = if number > ATTEMPTS {
            // Nobody was left to say what came of the last attempt; one more might end this process, too.
            let why = "the last time its process ended, or its store was away";
            Err(Unhandled::Failed(format!("it was tried {ATTEMPTS} times; {why}")))
        } else {
            timeout(PATIENCE, handler.handle(event)).await.unwrap_or_else(|_late| late())
        };
        let why = match handled {
            Ok(Handled::Marked) => return Ok(()),
            Ok(Handled::Ignored) => match self.inbox.mark(&mark).await {
                Err(CommitError::Conflict) => return Ok(()), // it was handled before
                marked => return marked,
            },
            Err(Unhandled::Failed(why)) if number < ATTEMPTS => {
                tracing::debug!(id = %event.id, kind = event.kind, number, why, "an event was not handled");
                return self.inbox.put_off(&mark, &why, PAUSES.pause(number)).await;
            }
            Err(Unhandled::Failed(why)) => why,
            Err(Unhandled::Unreadable(error)) => format!("it cannot be read: {error}"),
        };
        tracing::error!(id = %event.id, kind = event.kind, key = event.key, why, "an event is parked");
        self.inbox.park(&mark, &why, handler.poison()).await
    }
}
