//! Where events have piled up: two windows are under way side by side, each event leaves once, and none of a key
//! overtakes another.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use outgrow::{CommitError, StoreError, event::Recorded};
use outgrow_runtime::{
    Bell,
    events::{Courier, Lease, Leases, Outbox, Relay, Shards, Taken, relay::Round, shard},
};
use time::OffsetDateTime;
use tokio::time::sleep;
use uuid::Uuid;

/// An outbox in memory, oldest first.
#[derive(Default)]
struct Piled(Mutex<Vec<Recorded>>);

#[async_trait]
impl Leases for Piled {
    async fn take(&self, _: &'static str, _: Uuid, _: Duration) -> Result<Vec<Lease>, StoreError> {
        Ok((0..16).map(|shard| Lease { shard, term: 1 }).collect())
    }
}

#[async_trait]
impl Outbox for Piled {
    fn bell(&self) -> Bell {
        Bell::default()
    }

    async fn any_due(&self, _: &str) -> Result<bool, StoreError> {
        Ok(!self.0.lock().unwrap().is_empty())
    }

    async fn due(&self, _: &str, shards: &[Lease], limit: u32) -> Result<Vec<Recorded>, StoreError> {
        let piled = self.0.lock().unwrap();
        let ours = piled.iter().filter(|event| shards.iter().any(|lease| lease.shard == shard(&event.key)));
        Ok(ours.take(limit as usize).cloned().collect())
    }

    async fn settle(&self, _: &str, _: &[Lease], events: &[Uuid]) -> Result<(), CommitError> {
        self.0.lock().unwrap().retain(|event| !events.contains(&event.id));
        Ok(())
    }
}

/// A subscriber, and how many windows come to it at once.
#[derive(Default)]
struct Slow {
    got: Mutex<Vec<Recorded>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Courier for Slow {
    fn place(&self) -> String {
        "slow".to_owned()
    }

    async fn deliver(&self, events: &[Recorded]) -> Taken {
        self.most.fetch_max(self.now.fetch_add(1, SeqCst) + 1, SeqCst);
        sleep(Duration::from_millis(10)).await;
        self.got.lock().unwrap().extend_from_slice(events);
        self.now.fetch_sub(1, SeqCst);
        Taken { events: events.iter().map(|event| event.id).collect(), trouble: None }
    }
}

fn event(number: u64, key: String) -> Recorded {
    Recorded {
        id: Uuid::from_u128(number.into()),
        stream: "a.v1.A".to_owned(),
        key,
        sequence: number,
        kind: "a.v1.b".to_owned(),
        data: "{}".to_owned(),
        at: OffsetDateTime::UNIX_EPOCH,
        correlation: Uuid::nil(),
        causation: None,
        previous: None,
    }
}

fn relay(outbox: &Arc<Piled>, subscriber: &Arc<Slow>) -> Relay {
    let shards = Shards::new(outbox.clone(), "relay", Uuid::nil());
    Relay::new(outbox.clone(), Arc::new(shards), "slow", subscriber.clone())
}

#[tokio::test(start_paused = true)]
async fn a_backlog_leaves_by_two_windows_side_by_side_each_event_once_and_in_its_order() {
    let (outbox, subscriber) = (Arc::new(Piled::default()), Arc::new(Slow::default()));
    outbox.0.lock().unwrap().extend((1..=2_000).map(|number| event(number, (number % 37).to_string())));
    assert_eq!(relay(&outbox, &subscriber).round(&|| false).await, Round::Worked);
    let got = subscriber.got.lock().unwrap();
    assert_eq!((got.len(), subscriber.most.load(SeqCst)), (2_000, 2));
    let mut last = HashMap::new();
    for event in &*got {
        assert!(
            last.insert(&event.key, event.sequence) < Some(event.sequence),
            "{} overtook",
            event.sequence
        );
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_as_long_as_events_of_another_key_come_in() {
    let (outbox, subscriber) = (Arc::new(Piled::default()), Arc::new(Slow::default()));
    outbox.0.lock().unwrap().extend((1..=1_000).map(|number| event(number, "busy".to_owned())));
    let quiet =
        (0..99).map(|n| format!("quiet {n}")).find(|key| shard(key) % 2 != shard("busy") % 2).unwrap();
    let coming = async {
        sleep(Duration::from_millis(35)).await;
        outbox.0.lock().unwrap().push(event(1_001, quiet.clone()));
    };
    let relay = relay(&outbox, &subscriber);
    tokio::join!(relay.round(&|| false), coming);
    let got = subscriber.got.lock().unwrap();
    let place = got.iter().position(|event| event.key == quiet).unwrap();
    assert!(place < got.len() - 1, "it came last of all");
}
