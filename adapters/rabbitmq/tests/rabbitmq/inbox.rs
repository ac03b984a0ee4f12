//! A module that listens: its door, and an inbox in memory.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use adapter_rabbitmq::{Broker, RabbitMq};
use async_trait::async_trait;
use outgrow::{
    CommitError, Port as _, Served, StoreError, Wire as _,
    event::{Mark, Recorded, StreamDesc},
    wire::CallFailure,
};
use outgrow_runtime::{
    Access, Address, Bell, Carrier as _, Door, Policies,
    events::{Attempt, Courier, Inbox, Lease, Leases, Poison},
};
use outgrow_testkit::{SequentialIds, until_async};
use time::macros::datetime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::example::{Example, LONG, Module};

/// What the module listens to.
pub(crate) const STREAM: &StreamDesc =
    &StreamDesc { package: "telling.v1", name: "Said", doc: "", key: "key", shape: CallFailure::shape };

/// What only its next version listens to.
pub(crate) const OTHER: &StreamDesc =
    &StreamDesc { package: "telling.v1", name: "Sung", doc: "", key: "key", shape: CallFailure::shape };

/// Events of one key, by their numbers.
pub(crate) fn events(numbers: std::ops::RangeInclusive<u64>) -> Vec<Recorded> {
    let event = |sequence: u64| Recorded {
        id: Uuid::from_u128(u128::from(sequence) << 64),
        stream: STREAM.to_string(),
        key: "the key".to_owned(),
        sequence,
        kind: "telling.v1.said".to_owned(),
        data: format!(r#"{{"what":"ü {sequence}"}}"#),
        at: datetime!(2026-11-26 03:04:05.678901 UTC),
        correlation: Uuid::from_u128(8),
        causation: Some(Uuid::from_u128(9)),
        previous: (sequence == 1).then_some(0),
    };
    numbers.map(event).collect()
}

pub(crate) fn ids(events: &[Recorded]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}

fn address() -> Address {
    "rabbitmq".parse().unwrap()
}

/// Who brings events to the module.
pub(crate) fn courier(broker: &Broker) -> Arc<dyn Courier> {
    courier_of(broker, "telling")
}

pub(crate) fn courier_of(broker: &Broker, publisher: &'static str) -> Arc<dyn Courier> {
    let carrier = RabbitMq::over(Some(broker.clone()));
    carrier.courier(&address(), publisher, <dyn Example>::DESC).unwrap()
}

/// Keeps what it accepts, each event once.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    events: Mutex<BTreeMap<u64, Recorded>>,
    /// How many were accepted, those that were there already included.
    pub(crate) accepted: AtomicUsize,
    /// How often it did not accept.
    pub(crate) refused: AtomicUsize,
    /// Whether its store is away.
    pub(crate) away: AtomicBool,
}

impl Memory {
    /// What it has, in order.
    pub(crate) fn kept(&self) -> Vec<Recorded> {
        self.events.lock().unwrap().values().cloned().collect()
    }
}

/// Nobody handles these events.
const UNUSED: &str = "a carrier puts events in, and nothing else";

#[async_trait]
impl Leases for Memory {
    async fn take(&self, _: &'static str, _: Uuid, _: Duration) -> Result<Vec<Lease>, StoreError> {
        unreachable!("{UNUSED}")
    }
}

#[async_trait]
impl Inbox for Memory {
    fn bell(&self) -> Bell {
        Bell::default()
    }

    async fn accept(&self, events: &[Recorded]) -> Result<(), CommitError> {
        if self.away.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(CommitError::NotCommitted(StoreError::new(std::io::Error::other("away"))));
        }
        self.accepted.fetch_add(events.len(), Ordering::SeqCst);
        let mut kept = self.events.lock().unwrap();
        for event in events {
            kept.entry(event.sequence).or_insert_with(|| event.clone());
        }
        Ok(())
    }

    async fn any_due(&self) -> Result<bool, StoreError> {
        unreachable!("{UNUSED}")
    }

    async fn begin(&self, _: &[Lease], _: u32) -> Result<Vec<Attempt>, CommitError> {
        unreachable!("{UNUSED}")
    }

    async fn mark(&self, _: &Mark) -> Result<(), CommitError> {
        unreachable!("{UNUSED}")
    }

    async fn put_off(&self, _: &Mark, _: &str, _: Duration) -> Result<(), CommitError> {
        unreachable!("{UNUSED}")
    }

    async fn park(&self, _: &Mark, _: &str, _: Poison) -> Result<(), CommitError> {
        unreachable!("{UNUSED}")
    }
}

/// The door of the module.
pub(crate) fn door(inbox: &Arc<Memory>, streams: &'static [&'static StreamDesc]) -> Door {
    let port: Arc<dyn Example> = Arc::<Module>::default();
    let policies = Policies::new(Access::to(<dyn Example>::DESC, &[]));
    Door::new(Arc::new(Served(port)), policies).hearing(streams, Arc::<Memory>::clone(inbox))
}

/// The module, listening by way of a broker.
pub(crate) struct Hearing {
    pub(crate) inbox: Arc<Memory>,
    up: Arc<dyn Fn() -> bool + Send + Sync>,
    stop: CancellationToken,
    ended: Option<JoinHandle<()>>,
}

impl Hearing {
    /// At a broker that is there; listening when this returns.
    pub(crate) async fn at(broker: &Broker) -> Self {
        Self::starting(broker, false, false).ready().await
    }

    /// The same, while its store is away.
    pub(crate) async fn away(broker: &Broker) -> Self {
        Self::starting(broker, true, false).ready().await
    }

    /// Its next version, which listens to one stream more.
    pub(crate) async fn newer(broker: &Broker) -> Self {
        Self::starting(broker, false, true).ready().await
    }

    pub(crate) fn starting(broker: &Broker, away: bool, newer: bool) -> Self {
        let inbox = Arc::new(Memory { away: AtomicBool::new(away), ..Memory::default() });
        let streams: &'static [&'static StreamDesc] = if newer { &[STREAM, OTHER] } else { &[STREAM] };
        let door = door(&inbox, streams);
        let (stop, carrier) = (CancellationToken::new(), RabbitMq::over(Some(broker.clone())));
        let address = address();
        let listening = futures_util::FutureExt::now_or_never(carrier.listen(&address, None));
        let listener = listening.unwrap().unwrap();
        let (up, token) = (listener.is_up(), stop.clone());
        let ended = tokio::spawn(async move {
            let serving = listener.serve(vec![Arc::new(door)], Arc::new(SequentialIds::new()), token, LONG);
            serving.await.unwrap();
        });
        Self { inbox, up, stop, ended: Some(ended) }
    }

    async fn ready(self) -> Self {
        until_async("it listens", LONG, async || self.is_up()).await;
        self
    }

    pub(crate) fn is_up(&self) -> bool {
        (self.up)()
    }

    /// Waits until it has exactly these.
    pub(crate) async fn has(&self, events: &[Recorded]) {
        until_async("the inbox has all", 3 * LONG, async || {
            self.inbox.events.lock().unwrap().len() >= events.len()
        })
        .await;
        assert!(self.kept() == events, "the inbox has something else");
    }

    /// What it has, in order.
    pub(crate) fn kept(&self) -> Vec<Recorded> {
        self.inbox.kept()
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> Self {
        self.stop.cancel();
        self.ended.take().unwrap().await.unwrap();
        self
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
