//! The outbox and the leases of a [`MemoryHome`]: what adapters/sql/src/events says in SQL.

use std::time::Duration;

use async_trait::async_trait;
use outgrow::{CommitError, StoreError, event::Recorded};
use outgrow_runtime::{
    Bell,
    events::{Lease, Leases, Outbox, SHARDS, shard},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    bugs::Bug,
    home::{Costs, Held, MemoryHome, Tables},
};

impl Tables {
    /// Those of `shards` that are still held at these terms.
    pub(crate) fn still_held(&self, work: &'static str, shards: &[Lease]) -> Vec<u16> {
        let held = |lease: &&Lease| {
            self.leases.get(&(work, lease.shard)).is_some_and(|held| held.term == lease.term)
        };
        shards.iter().filter(held).map(|lease| lease.shard).collect()
    }

    fn take(&mut self, work: &'static str, holder: Uuid, term: Duration) -> Vec<Lease> {
        let now = Instant::now();
        let mut taken = Vec::new();
        for shard in 0..SHARDS {
            let held = self.leases.entry((work, shard)).or_insert(Held { holder, term: 1, until: now });
            if held.holder == holder || held.until < now {
                held.term += u64::from(held.holder != holder);
                (held.holder, held.until) = (holder, now + term);
                taken.push(Lease { shard, term: held.term });
            }
        }
        taken
    }
}

#[async_trait]
impl Leases for MemoryHome {
    async fn take(&self, work: &'static str, holder: Uuid, term: Duration) -> Result<Vec<Lease>, StoreError> {
        let name = self.life.name.clone();
        let taken = self.write("take leases", Costs::Nothing, move |tables| {
            let before = tables.leases.clone();
            let taken = tables.take(work, holder, term);
            let over = taken
                .iter()
                .any(|lease| before.get(&(work, lease.shard)).is_some_and(|held| held.holder != holder));
            Ok((taken, over))
        });
        let (taken, over) = taken.await.map_err(StoreError::new)?;
        if over {
            self.fate().happened("leases were taken over", format_args!("{name} ({work})"));
        }
        Ok(taken)
    }
}

#[async_trait]
impl Outbox for MemoryHome {
    fn bell(&self) -> Bell {
        let bell = Bell::default();
        self.relays.lock().unwrap().push(bell.clone());
        bell
    }

    async fn any_due(&self, subscriber: &str) -> Result<bool, StoreError> {
        self.read(|tables| tables.deliveries.keys().any(|(to, _)| *to == subscriber)).await
    }

    async fn due(&self, subscriber: &str, shards: &[Lease], limit: u32) -> Result<Vec<Recorded>, StoreError> {
        let due: Vec<Recorded> = self
            .read(|tables| {
                let events = tables.deliveries.iter().filter(|((to, _), _)| *to == subscriber);
                let events = events.map(|((_, id), previous)| (&tables.outbox[id], *previous));
                let ours = events.filter(|(event, _)| shards.iter().any(|it| it.shard == shard(&event.key)));
                let ours = ours.take(usize::try_from(limit).unwrap());
                ours.map(|(event, previous)| Recorded { previous, ..Recorded::clone(event) }).collect()
            })
            .await?;
        if self.fate().has(Bug::SettledBeforeDelivery) {
            let early: Vec<Uuid> = due.iter().map(|event| event.id).collect();
            self.settle(subscriber, shards, &early).await.map_err(StoreError::new)?;
        }
        Ok(due)
    }

    async fn settle(&self, subscriber: &str, shards: &[Lease], events: &[Uuid]) -> Result<(), CommitError> {
        let (subscriber, shards, events) = (subscriber.to_owned(), shards.to_vec(), events.to_vec());
        let watermark = self.fate().has(Bug::SettledByWatermark);
        let settle = self.jot("settle", Costs::Nothing, move |tables| {
            let held = tables.still_held("relay", &shards);
            let last = events.iter().max().copied();
            let (outbox, before) = (&tables.outbox, tables.deliveries.len());
            tables.deliveries.retain(|(to, id), _| {
                let meant = if watermark { Some(*id) <= last } else { events.contains(id) };
                !(*to == subscriber && meant && held.contains(&shard(&outbox[id].key)))
            });
            Ok(before - tables.deliveries.len() < events.len())
        });
        if settle.await? {
            self.fate().happened("a settle found less than it names", &self.life.name);
        }
        Ok(())
    }
}
