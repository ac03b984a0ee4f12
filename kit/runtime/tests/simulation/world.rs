//! The world: a publisher and its subscribers, each a home with two processes, users who make things happen, and a
//! storm that ends. Then time runs on until nothing is left to do, and the laws are asked.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use outgrow::{CallContext, Clock as _, CommitError, IdGen as _, Outgoing};
use outgrow_runtime::{
    Tasks,
    events::{Inbox, Outbox, Poison, Relay, Shards, Worker},
    tasks::Pace,
};
use outgrow_testkit::{FixedClock, SequentialIds};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{
    bugs::Bug,
    courier::{Road, Service},
    fate::{Fate, Seen},
    home::{Costs, Home, MISHAPS, MemoryHome, Tables},
    laws::{self, Breach},
    life::Life,
    parcels::{Hazard, Hazards, PUBLISHER, ParcelEvent, SUBSCRIBERS, listen},
};

/// How long things go wrong.
const STORM: Duration = Duration::from_secs(3);
/// How long it may take until all is done after the storm.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a user waits.
const BUDGET: Duration = Duration::from_secs(5);

/// What came of a world.
pub(crate) struct Outcome {
    pub(crate) breaches: Vec<Breach>,
    pub(crate) seen: Seen,
    pub(crate) trace: Vec<String>,
}

/// Lets the world of this seed run to its end, with a bug or without.
pub(crate) fn run(seed: u64, bug: Option<Bug>, traced: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let world = Arc::new(World::new(Arc::new(Fate::new(seed, bug, traced))));
        world.pass().await;
        Outcome { breaches: laws::judge(&world), seen: world.fate.seen(), trace: world.fate.trace() }
    })
}

pub(crate) struct World {
    fate: Arc<Fate>,
    pub(crate) publisher: Arc<Service>,
    pub(crate) subscribers: Vec<(Arc<Service>, Poison)>,
    /// Whether builds that do not know the last subscriber publish beside those that do: it is added, taken out, and
    /// added again.
    latecomer: bool,
    /// Whether the power fails.
    dark: bool,
    pub(crate) hazards: Arc<Hazards>,
    /// What users were told is done.
    pub(crate) answered: Mutex<Vec<Uuid>>,
    /// Users and deliveries that are still under way.
    traffic: Arc<AtomicUsize>,
    ids: SequentialIds,
}

impl World {
    fn new(fate: Arc<Fate>) -> Self {
        let dark = fate.below(2) == 0;
        let mishaps = MISHAPS - u32::from(dark); // a loss of power is one
        let service = |name| {
            let processes = Mutex::new(vec![None, None]);
            Arc::new(Service { home: Arc::new(Home::new(name, mishaps)), processes })
        };
        let many = if fate.below(4) == 0 { 3 } else { 2 };
        let latecomer = fate.below(2) == 0;
        Self {
            latecomer,
            dark,
            publisher: service(PUBLISHER),
            subscribers: SUBSCRIBERS
                .iter()
                .take(many)
                .map(|(name, poison)| (service(name), *poison))
                .collect(),
            hazards: Arc::default(),
            answered: Mutex::default(),
            traffic: Arc::default(),
            ids: SequentialIds::new(),
            fate,
        }
    }

    /// From the beginning to the end.
    async fn pass(self: &Arc<Self>) {
        if self.dark {
            tokio::spawn(Arc::clone(self).grid());
        }
        let services = self.subscribers.iter().map(|(service, poison)| (service, Some(*poison)));
        for (service, poison) in services.chain([(&self.publisher, None)]) {
            for slot in 0..2 {
                tokio::spawn(Arc::clone(self).host(Arc::clone(service), poison, slot));
            }
        }
        for _ in 0..2 + self.fate.below(2) {
            self.traffic.fetch_add(1, Relaxed);
            tokio::spawn(Arc::clone(self).user());
        }
        sleep(STORM).await;
        self.fate.calm();
        let settled = async {
            while !self.settled() {
                sleep(Duration::from_millis(250)).await;
            }
        };
        if timeout(PATIENCE, settled).await.is_err() {
            self.fate.note(|| "it never came to rest".to_owned());
        }
    }

    /// Whether nothing is left to do.
    fn settled(&self) -> bool {
        let idle = |service: &Service| {
            service
                .home
                .read(|tables| tables.deliveries.is_empty() && tables.inbox.values().all(|row| !row.ready))
        };
        self.traffic.load(Relaxed) == 0 && self.services().all(|service| idle(service))
    }

    fn services(&self) -> impl Iterator<Item = &Arc<Service>> {
        [&self.publisher].into_iter().chain(self.subscribers.iter().map(|(service, _)| service))
    }

    /// Each of two machines loses its power once: its processes end, and each of its homes has lost its own last
    /// moments. Or it has no processes, only the databases: they go on where they are.
    async fn grid(self: Arc<Self>) {
        let placed: Vec<_> = self.services().map(|service| (self.fate.below(2), service)).collect();
        for machine in 0..2 {
            self.fate.power_fails().await;
            let databases_only = self.fate.below(4) == 0;
            for (_, service) in placed.iter().filter(|(place, _)| *place == machine) {
                if databases_only {
                    self.fate.happened("a database lost its power", service.home.name);
                } else {
                    self.fate.happened("power was lost", service.home.name);
                    service.end();
                }
                service.home.lose_power(&self.fate);
            }
        }
    }

    /// Hosts one process of a service: after each death another life.
    async fn host(self: Arc<Self>, service: Arc<Service>, poison: Option<Poison>, slot: usize) {
        for number in 1.. {
            let name = format!("{}/{slot}.{number}", service.home.name);
            let life = Arc::new(Life::new(name, Arc::clone(&service.home), Arc::clone(&self.fate)));
            let session = Arc::new(MemoryHome::new(Arc::clone(&life)));
            service.processes.lock().unwrap()[slot] = Some(Arc::clone(&session));
            match poison {
                Some(poison) => self.work(&session, poison),
                None => self.relay(&session),
            }
            life.death().await;
            service.processes.lock().unwrap()[slot] = None;
            sleep(self.fate.millis(2_000)).await;
        }
    }

    /// The chores of a publisher's process, as `Modules` declares them.
    fn relay(&self, session: &Arc<MemoryHome>) {
        let tasks = Tasks::default();
        let outbox: Arc<dyn Outbox> = session.clone();
        let shards = Arc::new(Shards::new(session.clone(), "relay", self.ids.uuid()));
        for (to, _) in &self.subscribers {
            let (from, to, traffic) = (Arc::clone(&session.life), Arc::clone(to), Arc::clone(&self.traffic));
            let name = to.home.name;
            let road = Arc::new(Road { from, to, traffic });
            let relay = Arc::new(Relay::new(Arc::clone(&outbox), Arc::clone(&shards), name, road));
            let (pace, draining) = (Arc::new(Pace::default()), tasks.clone());
            tasks.paced(name, &outbox.bell(), move || {
                let (relay, pace, draining) = (Arc::clone(&relay), Arc::clone(&pace), draining.clone());
                async move { relay.turn(&pace, &|| draining.draining()).await }
            });
        }
        tasks.start();
    }

    /// The chore of a subscriber's process.
    fn work(&self, session: &Arc<MemoryHome>, poison: Poison) {
        let tasks = Tasks::default();
        let inbox: Arc<dyn Inbox> = session.clone();
        let shards = Shards::new(session.clone(), "worker", self.ids.uuid());
        let handler = listen(session, poison, &self.hazards);
        let worker = Arc::new(Worker::new(Arc::clone(&inbox), shards, vec![handler]));
        let (pace, draining) = (Arc::new(Pace::default()), tasks.clone());
        tasks.paced("events", &inbox.bell(), move || {
            let (worker, pace, draining) = (Arc::clone(&worker), Arc::clone(&pace), draining.clone());
            async move { worker.turn(&pace, &|| draining.draining()).await }
        });
        tasks.start();
    }

    /// A user makes some things happen.
    async fn user(self: Arc<Self>) {
        for _ in 0..2 + self.fate.below(3) {
            sleep(self.fate.millis(500)).await;
            if let Some(process) = self.publisher.somebody(&self.fate) {
                let done = timeout(BUDGET, self.happen(&process)).await;
                match done {
                    Ok(Ok(id)) => self.answered.lock().unwrap().push(id),
                    trouble => self.fate.happened("a user was told of trouble", format_args!("{trouble:?}")),
                }
            }
        }
        self.traffic.fetch_sub(1, Relaxed);
    }

    /// Something happens to a parcel, and is told: one transaction, unless that is the bug.
    async fn happen(&self, process: &MemoryHome) -> Result<Uuid, CommitError> {
        let (fate, event) = (&self.fate, self.event());
        let (id, key) = (event.id, event.key.clone());
        let refused = fate.one_in(8); // the core changes its mind: all is rolled back
        let mut audience: Vec<_> = self.subscribers.iter().map(|(service, _)| service.home.name).collect();
        if self.latecomer && fate.one_in(2) {
            audience.pop();
            fate.happened("a subscriber was left out", &key);
        }
        if fate.has(Bug::NumberedApart) {
            let aggregate = (event.stream.to_string(), key.clone());
            let number = move |tables: &mut Tables| {
                tables.number(&aggregate);
                Ok(())
            };
            process.write("number", Costs::Nothing, number).await?;
        }
        let of_publish = Arc::clone(fate);
        let publish = move |tables: &mut Tables| {
            tables.publish(&event, &audience, &of_publish);
            Ok(())
        };
        let change = move |tables: &mut Tables| {
            tables.histories.entry(key).or_default().push(id);
            if refused { Err(CommitError::Conflict) } else { Ok(()) }
        };
        if fate.has(Bug::PublishedBefore) {
            process.write("publish", Costs::Nothing, publish).await?;
            process.write("change", Costs::Nothing, change).await?;
        } else if fate.has(Bug::PublishedAfter) {
            process.write("change", Costs::Nothing, change).await?;
            process.write("publish", Costs::Nothing, publish).await?;
        } else {
            let both = move |tables: &mut Tables| publish(tables).and_then(|()| change(tables));
            process.write("change and publish", Costs::Nothing, both).await?;
        }
        process.published();
        Ok(id)
    }

    /// Any event, perhaps poison to one subscriber or to all.
    fn event(&self) -> Outgoing {
        let (fate, id) = (&self.fate, self.ids.uuid());
        let parcel = format!("parcel-{}", fate.below(3));
        let weighed = fate.below(5) == 0;
        let event = if weighed { ParcelEvent::Weighed { parcel } } else { ParcelEvent::Scanned { parcel } };
        let cx = CallContext::new("user", id);
        let mut outgoing = Outgoing::of(&event, id, FixedClock::new().now(), &cx).unwrap();
        if fate.one_in(10) {
            let hazards = [Hazard::Unreadable, Hazard::Refused, Hazard::Panics, Hazard::Deadly];
            let hazard = hazards[usize::try_from(fate.below(4)).unwrap()];
            let whose = usize::try_from(fate.below(self.subscribers.len().try_into().unwrap())).unwrap();
            let whose = self.subscribers[whose].0.home.name;
            if hazard == Hazard::Unreadable {
                outgoing.data = "{".to_owned();
            }
            if self.hazards.plant(id, hazard, whose) {
                fate.happened("poison was made", format_args!("{id} is {hazard:?} to {whose}"));
            }
        }
        outgoing
    }
}
