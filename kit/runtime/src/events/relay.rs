//! The relay: brings what is in an outbox to one subscriber.
//!
//! Each subscriber has a relay of its own, so one that is away never keeps the others waiting. What it has is settled
//! by the id of each event, never by "all up to here": events are committed in another order than they are numbered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::future::join_all;
use outgrow::{CommitError, StoreError, event::Recorded};

use super::{Courier, Outbox, Shards, courier::said};
use crate::{
    Retry,
    tasks::{Pace, Rest},
};

/// How many events are delivered at once.
const WINDOW: u32 = 128;

/// Where events have piled up, so many windows are under way side by side, each of its own shards: one is read or
/// settled while the other is delivered. All of them together are no more than [`WINDOW`].
const LANES: u16 = 2;

/// How much is delivered at once, in bytes, unless it is one event: a call has room for 4 MiB.
const LARGEST: usize = 1024 * 1024;
/// What an event takes besides its data and its key, at most about.
const OVERHEAD: usize = 512;

/// The pauses while a subscriber is away.
const AWAY: Retry =
    Retry { attempts: 1, first_pause: Duration::from_millis(100), longest_pause: Duration::from_secs(2) };

fn unread(error: StoreError) -> String {
    said(&CommitError::NotCommitted(error))
}

/// How many of these events are no more than [`LARGEST`] together: one at least.
fn fitting(events: &[Recorded]) -> usize {
    let sizes = events.iter().scan(0_usize, |total, event| {
        *total += event.data.len() + event.key.len() + OVERHEAD;
        Some(*total)
    });
    sizes.take_while(|total| *total <= LARGEST).count().max(1)
}

/// Brings the events of one home to one subscriber.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    shards: Arc<Shards>,
    subscriber: String,
    courier: Arc<dyn Courier>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relay({} at {})", self.subscriber, self.courier.place())
    }
}

/// What came of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Round {
    /// There was nothing to do, or others do it.
    Idle,
    /// All there was to do is done.
    Worked,
    /// It could not go on.
    Trouble(String),
}

/// Takes window after window until none is left; whoever is asked to stop in between does.
pub(super) async fn windows<W>(
    stop: &(dyn Fn() -> bool + Send + Sync),
    window: impl Fn() -> W + Send + Sync,
) -> Round
where
    W: Future<Output = Result<bool, String>> + Send,
{
    let mut round = Round::Idle;
    while !stop() {
        match window().await {
            Ok(true) => round = Round::Worked,
            Ok(false) => return round,
            Err(trouble) => return Round::Trouble(trouble),
        }
    }
    round
}

impl Relay {
    /// From this outbox to this subscriber, by this courier.
    pub fn new(
        outbox: Arc<dyn Outbox>,
        shards: Arc<Shards>,
        subscriber: impl Into<String>,
        courier: Arc<dyn Courier>,
    ) -> Self {
        Self { outbox, shards, subscriber: subscriber.into(), courier }
    }

    /// Delivers window after window until nothing is left. Whoever is asked to stop in the middle may: what is not
    /// settled is delivered again.
    pub async fn round(&self, stop: &(dyn Fn() -> bool + Send + Sync)) -> Round {
        windows(stop, || self.pass(stop)).await
    }

    /// Delivers one window, and all of a backlog if there is one. False if there was nothing.
    async fn pass(&self, stop: &(dyn Fn() -> bool + Send + Sync)) -> Result<bool, String> {
        if !self.outbox.any_due(&self.subscriber).await.map_err(unread)? {
            return Ok(false);
        }
        let delivered = self.window(WINDOW, |_| true).await?;
        if delivered == WINDOW {
            let ended = AtomicBool::new(false);
            let lanes = (0..LANES).map(|lane| self.lane(lane, &ended, stop));
            join_all(lanes).await.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(delivered > 0)
    }

    /// Delivers window after window of every so-manieth shard, until one of any lane is not full: then all shards are
    /// looked at again, so nobody's events wait for as long as others come in.
    async fn lane(
        &self,
        lane: u16,
        ended: &AtomicBool,
        stop: &(dyn Fn() -> bool + Send + Sync),
    ) -> Result<(), String> {
        let full = WINDOW / u32::from(LANES);
        let mut delivered = Ok(full);
        while delivered == Ok(full) && !stop() && !ended.load(Relaxed) {
            delivered = self.window(full, |shard| shard % LANES == lane).await;
        }
        ended.store(true, Relaxed);
        delivered.map(drop)
    }

    /// Delivers at most so many events of these shards. How many there were; none, too, if others hold them or were
    /// first.
    async fn window(&self, limit: u32, ours: impl Fn(u16) -> bool + Send) -> Result<u32, String> {
        let mut shards = self.shards.held().await.map_err(unread)?;
        shards.retain(|lease| ours(lease.shard));
        if shards.is_empty() {
            return Ok(0);
        }
        let mut events = self.outbox.due(&self.subscriber, &shards, limit).await.map_err(unread)?;
        let due = u32::try_from(events.len()).unwrap_or(limit);
        events.truncate(fitting(&events));
        if events.is_empty() {
            return Ok(0);
        }
        let taken = self.shards.hold_during(self.courier.deliver(&events)).await;
        if !taken.events.is_empty() {
            let settled = self.outbox.settle(&self.subscriber, &shards, &taken.events).await;
            settled.map_err(|error| said(&error))?;
        }
        taken.trouble.map_or(Ok(due), Err)
    }

    /// One round of a [chore](crate::Tasks::paced): tells when the next is due, and logs when trouble begins and ends.
    pub async fn turn(&self, pace: &Pace, stop: &(dyn Fn() -> bool + Send + Sync)) -> Rest {
        match self.round(stop).await {
            round @ (Round::Idle | Round::Worked) => {
                if pace.failures() > 0 {
                    tracing::info!(subscriber = self.subscriber, "events are delivered again");
                }
                pace.well(round == Round::Worked)
            }
            Round::Trouble(why) => {
                if pace.failures() == 0 {
                    let at = self.courier.place();
                    tracing::warn!(subscriber = self.subscriber, at, why, "events wait in the outbox");
                }
                pace.failed(&AWAY)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    fn of(bytes: usize) -> Recorded {
        Recorded {
            id: Uuid::nil(),
            stream: "a.v1.A".to_owned(),
            key: "k".to_owned(),
            sequence: 1,
            kind: "a.v1.b".to_owned(),
            data: "d".repeat(bytes),
            at: OffsetDateTime::UNIX_EPOCH,
            correlation: Uuid::nil(),
            causation: None,
            previous: None,
        }
    }

    #[test]
    fn as_much_is_sent_at_once_as_a_call_has_room_for() {
        assert_eq!(fitting(&vec![of(100); 128]), 128);
        assert_eq!(fitting(&vec![of(40_000); 128]), 25);
        assert_eq!(fitting(&[of(2 * LARGEST), of(1)]), 1);
        assert_eq!(fitting(&[of(LARGEST / 2), of(LARGEST / 2)]), 1);
    }
}
