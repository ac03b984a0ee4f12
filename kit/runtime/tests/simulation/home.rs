//! A home in memory: the tables that outlive processes, and a process's session with them.
//!
//! A write is a transaction: it works on a copy, which replaces the tables or does not. It is finished, as
//! `Db::write` is, so whoever stops waiting for it does not undo it. The store may refuse before the commit, or
//! lose the answer of one; what was only jotted, as by `Db::handle`, may be taken back by a loss of power ([`crate::disk`]).
//! The planted bugs of stores stand where the right thing is done.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use outgrow::{CommitError, Outgoing, StoreError, event::Recorded};
use outgrow_runtime::{Bell, finish::finish};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    bugs::Bug,
    disk::{Disk, Lasts},
    fate::Fate,
    inbox::Row,
    life::Life,
};

/// How many mishaps that cost an attempt a home may have: with the one of a deadly event one fewer than would park
/// an event that is not to blame.
pub(crate) const MISHAPS: u32 = 3;

/// A stream and a key.
pub(crate) type Aggregate = (String, String);

/// What is kept of one home.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    /// The business of a publisher: what happened to each parcel.
    pub(crate) histories: BTreeMap<String, Vec<Uuid>>,
    pub(crate) streams: BTreeMap<Aggregate, Stream>,
    pub(crate) outbox: BTreeMap<Uuid, Arc<Recorded>>,
    /// With the number of the event that the subscriber was told of before, unless it is the one before.
    pub(crate) deliveries: BTreeMap<(&'static str, Uuid), Option<u64>>,
    /// Every delivery there ever was.
    pub(crate) addressed: BTreeSet<(&'static str, Uuid)>,
    /// The business of a subscriber: every effect, in the order of the commits.
    pub(crate) effects: Vec<Arc<Effect>>,
    pub(crate) positions: BTreeMap<Aggregate, u64>,
    pub(crate) inbox: BTreeMap<(Aggregate, u64), Row>,
    pub(crate) leases: BTreeMap<(&'static str, u16), Held>,
}

/// How far the events of an aggregate are numbered, and who was told of which of them last, and before that.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    last: u64,
    told: BTreeMap<&'static str, [u64; 2]>,
}

/// What came of an event.
#[derive(Debug)]
pub(crate) struct Effect {
    pub(crate) key: String,
    pub(crate) sequence: u64,
    pub(crate) id: Uuid,
}

/// Who holds a shard.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) holder: Uuid,
    pub(crate) term: u64,
    pub(crate) until: Instant,
}

impl Tables {
    /// Adds an event to the outbox, in the transaction that makes it true.
    pub(crate) fn publish(&mut self, event: &Outgoing, audience: &[&'static str], fate: &Fate) {
        let (stream, key) = (event.stream.to_string(), event.key.clone());
        if !fate.has(Bug::NumberedApart) {
            self.number(&(stream.clone(), key.clone()));
        }
        let sequence = self.streams[&(stream.clone(), key.clone())].last;
        for subscriber in audience {
            let previous = self.tell(&(stream.clone(), key.clone()), subscriber, fate);
            self.deliveries.insert((*subscriber, event.id), previous);
            self.addressed.insert((*subscriber, event.id));
        }
        let recorded = Recorded {
            id: event.id,
            stream,
            key,
            sequence,
            kind: event.kind.clone(),
            data: event.data.clone(),
            at: event.at,
            correlation: event.correlation,
            causation: event.causation,
            previous: None,
        };
        self.outbox.insert(event.id, Arc::new(recorded));
    }

    /// Keeps that a subscriber is told of the last event of an aggregate. Returns which one it was told of before, unless
    /// that is the one before.
    fn tell(&mut self, aggregate: &Aggregate, subscriber: &'static str, fate: &Fate) -> Option<u64> {
        let stream = self.streams.get_mut(aggregate)?;
        let before = stream.told.get(subscriber).map_or(0, |[_, last]| *last);
        stream.told.insert(subscriber, [before, stream.last]);
        let left_out = before + 1 < stream.last;
        let before = if fate.has(Bug::ToldAnew) { 0 } else { before };
        (left_out && !fate.has(Bug::PreviousUnsaid)).then_some(before)
    }

    /// Gives the next number of an aggregate.
    pub(crate) fn number(&mut self, aggregate: &Aggregate) {
        self.streams.entry(aggregate.clone()).or_default().last += 1;
    }
}

/// What outlives the processes.
pub(crate) struct Home {
    pub(crate) name: &'static str,
    disk: Mutex<Disk<Tables>>,
    mishaps: AtomicU32,
    /// What came of events, as others were told: it was published with it, and delivered.
    told: Mutex<Vec<Arc<Effect>>>,
    /// How many attempts at each event the home does not know of any more since its power was lost.
    forgotten: Mutex<BTreeMap<Uuid, u32>>,
}

impl Home {
    /// With so many of its mishaps left.
    pub(crate) fn new(name: &'static str, mishaps: u32) -> Self {
        let (disk, told, forgotten) = Default::default();
        Self { name, disk, mishaps: AtomicU32::new(mishaps), told, forgotten }
    }

    /// Takes a look, without a transaction.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.disk.lock().unwrap().tables)
    }

    /// Whether one more mishap may cost attempts here; it is counted.
    pub(crate) fn may_suffer(&self) -> bool {
        self.mishaps.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Others are told what came of an event.
    pub(crate) fn tell(&self, effect: Arc<Effect>) {
        self.told.lock().unwrap().push(effect);
    }

    /// What others were told, and is not so any more.
    pub(crate) fn untrue(&self) -> Vec<Arc<Effect>> {
        let told = self.told.lock().unwrap().clone();
        let held =
            |told: &Arc<Effect>| self.read(|tables| tables.effects.iter().any(|it| Arc::ptr_eq(it, told)));
        told.into_iter().filter(|told| !held(told)).collect()
    }

    /// How many attempts at this event are forgotten.
    pub(crate) fn forgotten(&self, event: Uuid) -> u32 {
        self.forgotten.lock().unwrap().get(&event).copied().unwrap_or_default()
    }

    /// The power is lost, and the last moments with it.
    pub(crate) fn lose_power(&self, fate: &Fate) {
        let mut disk = self.disk.lock().unwrap();
        let Some(before) = disk.lose_power(self.name, fate) else { return };
        for (place, row) in &before.inbox {
            let attempts = disk.tables.inbox.get(place).map_or(row.attempts, |left| left.attempts);
            *self.forgotten.lock().unwrap().entry(row.event.id).or_default() += row.attempts - attempts;
        }
    }
}

/// What it costs when a write fails.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Costs {
    Nothing,
    AnAttempt,
}

/// A process's session with its home: the `Outbox` and the `Inbox` of that process.
pub(crate) struct MemoryHome {
    pub(crate) life: Arc<Life>,
    pub(crate) relays: Mutex<Vec<Bell>>,
    pub(crate) inbox: Bell,
}

impl MemoryHome {
    pub(crate) fn new(life: Arc<Life>) -> Self {
        Self { life, relays: Mutex::default(), inbox: Bell::default() }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.life.home.name
    }

    pub(crate) fn fate(&self) -> &Fate {
        &self.life.fate
    }

    /// There is something in the outbox.
    pub(crate) fn published(&self) {
        self.relays.lock().unwrap().iter().for_each(Bell::ring);
    }

    /// Reads, or fails to.
    pub(crate) async fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> Result<T, StoreError> {
        self.life.step().await;
        if self.fate().one_in(200) {
            self.fate().happened("a read failed", &self.life.name);
            return Err(StoreError::new("planted: no answer"));
        }
        Ok(self.life.home.read(look))
    }

    /// Writes, all or nothing, and may not learn which.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        costs: Costs,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        self.commit(what, costs, Lasts::of_write(what, self.fate()), work).await
    }

    /// The same for what a loss of power may take back.
    pub(crate) async fn jot<T: Send + 'static>(
        &self,
        what: &'static str,
        costs: Costs,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        self.commit(what, costs, Lasts::UnlessPowerIsLost, work).await
    }

    async fn commit<T: Send + 'static>(
        &self,
        what: &'static str,
        costs: Costs,
        lasts: Lasts,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        let life = Arc::clone(&self.life);
        let write = async move {
            life.step().await;
            let fails = life.fate.one_in(20) && (costs == Costs::Nothing || life.home.may_suffer());
            let how = life.fate.below(3);
            if fails && how == 0 {
                life.fate.happened("a write was not committed", format_args!("{} ({what})", life.name));
                return Err(CommitError::NotCommitted(StoreError::new("planted: refused")));
            }
            if fails && how == 1 {
                life.fate.happened("a COMMIT was lost", format_args!("{} ({what})", life.name));
                return Err(CommitError::InDoubt(StoreError::new("planted: lost before")));
            }
            let done = life.home.disk.lock().unwrap().transact(what, lasts, &life.fate, work);
            life.fate.note(|| match &done {
                Ok(_) => format!("{} committed: {what}", life.name),
                Err(why) => format!("{} did not commit: {what}: {why}", life.name),
            });
            if lasts == Lasts::UnlessPowerIsLost && life.fate.one_in(20) {
                life.fate.cut_power();
            }
            life.step().await;
            if fails && done.is_ok() {
                life.fate.happened("the answer to a COMMIT was lost", format_args!("{} ({what})", life.name));
                return Err(CommitError::InDoubt(StoreError::new("planted: lost after")));
            }
            done
        };
        finish(write).await.unwrap()
    }
}
