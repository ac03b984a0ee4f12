//! The inbox of a [`MemoryHome`]: what adapters/sql/src/events/inbox.rs says in SQL.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use outgrow::{
    CommitError, StoreError,
    event::{Mark, Recorded},
};
use outgrow_runtime::{
    Bell,
    events::{Attempt, Inbox, Lease, Poison, shard},
};
use tokio::time::Instant;

use crate::{
    bugs::Bug,
    fate::Fate,
    home::{Aggregate, Costs, MemoryHome, Tables},
};

/// An event that is not handled yet, or parked.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) event: Arc<Recorded>,
    pub(crate) ready: bool,
    pub(crate) parked: bool,
    pub(crate) attempts: u32,
    pub(crate) reason: Option<String>,
    next_at: Instant,
}

fn aggregate(mark: &Mark) -> Aggregate {
    (mark.stream.clone(), mark.key.clone())
}

impl Tables {
    /// Marks an event as handled, in the transaction with what came of it.
    pub(crate) fn mark(&mut self, mark: &Mark, fate: &Fate) -> Result<(), CommitError> {
        if !fate.has(Bug::PositionNotMoved) {
            self.move_on(mark);
        }
        if self.inbox.remove(&(aggregate(mark), mark.sequence)).is_none() {
            fate.happened("an event was handled by another", &mark.key);
            if !fate.has(Bug::MarkNotChecked) {
                return Err(CommitError::Conflict);
            }
        }
        if !fate.has(Bug::NextForgotten) {
            self.next(mark, fate);
        }
        Ok(())
    }

    fn move_on(&mut self, mark: &Mark) {
        let position = self.positions.entry(aggregate(mark)).or_default();
        *position = mark.sequence.max(*position);
    }

    fn next(&mut self, mark: &Mark, fate: &Fate) {
        let later = (aggregate(mark), mark.sequence + 1)..=(aggregate(mark), u64::MAX);
        let next =
            self.inbox.range_mut(later).map(|(_, row)| row).find(|row| row.event.follows() <= mark.sequence);
        let whichever = !fate.has(Bug::NextByNumber);
        let meant = |row: &&mut Row| !row.parked && (whichever || row.event.sequence == mark.sequence + 1);
        if let Some(row) = next.filter(meant) {
            row.ready = true;
        }
    }

    /// Keeps an event, unless it is here or was handled. False if so.
    fn accept(&mut self, event: Recorded, fate: &Fate) -> bool {
        let key = ((event.stream.clone(), event.key.clone()), event.sequence);
        let position = *self.positions.entry(key.0.clone()).or_default();
        let handled = event.sequence <= position && !fate.has(Bug::PositionNotAsked);
        let kept = self.inbox.contains_key(&key) && !fate.has(Bug::ParkedRevived);
        if handled || kept {
            return false;
        }
        let ready = event.follows() <= position && event.sequence > position
            || fate.has(Bug::ReadyAtOnce)
            || fate.has(Bug::PositionNotAsked) && event.sequence <= position;
        let (event, next_at) = (Arc::new(event), Instant::now());
        self.inbox.insert(key, Row { event, ready, parked: false, attempts: 0, reason: None, next_at });
        true
    }

    /// Begins attempts, and counts them. What was being tried when its process died comes alone.
    fn begin(&mut self, shards: &[Lease], limit: usize, fate: &Fate) -> Vec<Attempt> {
        let held = self.still_held("worker", shards);
        let now = Instant::now();
        let blocked = fate.has(Bug::ParkedBlocksAll) && self.inbox.values().any(|row| row.parked);
        let due = |row: &&mut Row| {
            row.ready && row.next_at <= now && held.contains(&shard(&row.event.key)) && !blocked
        };
        let mut rows: Vec<&mut Row> = self.inbox.values_mut().filter(due).collect();
        rows.sort_by_key(|row| row.next_at);
        let suspect = |row: &Row| row.attempts > 0 && row.reason.is_none();
        if !fate.has(Bug::TriedInCompany) && rows.iter().any(|row| suspect(row)) {
            rows.retain(|row| suspect(row));
            rows.truncate(1);
        }
        rows.truncate(limit);
        let begun = rows.into_iter().map(|row| {
            let number = row.attempts + 1;
            row.attempts = if fate.has(Bug::AttemptsCountedLate) { row.attempts } else { number };
            row.reason = None;
            Attempt { event: Recorded::clone(&row.event), number }
        });
        begun.collect()
    }
}

#[async_trait]
impl Inbox for MemoryHome {
    fn bell(&self) -> Bell {
        self.inbox.clone()
    }

    async fn accept(&self, events: &[Recorded]) -> Result<(), CommitError> {
        let (events, life, bell) = (events.to_vec(), Arc::clone(&self.life), self.inbox.clone());
        let hasty = self.fate().has(Bug::AcknowledgedBeforeCommit);
        let accept = self.write("accept", Costs::Nothing, move |tables| {
            for event in events {
                let line = format!("{} #{}", event.key, event.sequence);
                if tables.accept(event, &life.fate) {
                    life.fate.note(|| format!("{} has {line}", life.name));
                } else {
                    life.fate.happened("an event came again", &line);
                }
            }
            bell.ring();
            Ok(())
        });
        let accepted = accept.await;
        if hasty { Ok(()) } else { accepted }
    }

    async fn any_due(&self) -> Result<bool, StoreError> {
        let now = Instant::now();
        self.read(|tables| tables.inbox.values().any(|row| row.ready && row.next_at <= now)).await
    }

    async fn begin(&self, shards: &[Lease], limit: u32) -> Result<Vec<Attempt>, CommitError> {
        let (shards, life) = (shards.to_vec(), Arc::clone(&self.life));
        let limit = usize::try_from(limit).unwrap();
        let begin = move |tables: &mut Tables| Ok(tables.begin(&shards, limit, &life.fate));
        self.jot("begin attempts", Costs::AnAttempt, begin).await
    }

    async fn mark(&self, mark: &Mark) -> Result<(), CommitError> {
        let (mark, life) = (mark.clone(), Arc::clone(&self.life));
        self.jot("ignored", Costs::AnAttempt, move |tables| tables.mark(&mark, &life.fate)).await
    }

    async fn put_off(&self, mark: &Mark, why: &str, pause: Duration) -> Result<(), CommitError> {
        let (mark, why, late) = (mark.clone(), why.to_owned(), self.fate().has(Bug::AttemptsCountedLate));
        let put_off = self.jot("put off", Costs::Nothing, move |tables| {
            if let Some(row) = tables.inbox.get_mut(&(aggregate(&mark), mark.sequence)) {
                row.reason = Some(why);
                row.next_at = Instant::now() + pause;
                row.attempts += u32::from(late);
            }
            Ok(())
        });
        put_off.await
    }

    async fn park(&self, mark: &Mark, why: &str, poison: Poison) -> Result<(), CommitError> {
        let (mark, why) = (mark.clone(), why.to_owned());
        let life = Arc::clone(&self.life);
        let skip = poison == Poison::IsSkipped && !self.fate().has(Bug::SkippedBlocks);
        let park = self.write("park", Costs::Nothing, move |tables| {
            if skip {
                tables.move_on(&mark);
            }
            if let Some(row) = tables.inbox.get_mut(&(aggregate(&mark), mark.sequence)) {
                (row.parked, row.ready, row.reason) = (true, false, Some(why));
            }
            if skip {
                tables.next(&mark, &life.fate);
            }
            Ok(())
        });
        park.await
    }
}
