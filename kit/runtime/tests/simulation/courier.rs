//! The road between two homes: it delays, loses, repeats, shuffles, and delivers a part.
//!
//! At its end stands the runtime's own [`Local`], at the inbox of some process of the subscriber.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use outgrow::event::Recorded;
use outgrow_runtime::events::{Courier, Local, Taken};
use tokio::time::{sleep, timeout};

use crate::{
    bugs::Bug,
    fate::Fate,
    home::{Home, MemoryHome},
    life::Life,
};

/// How long a delivery may take.
const BUDGET: Duration = Duration::from_secs(5);

/// A home and the processes that host it now.
pub(crate) struct Service {
    pub(crate) home: Arc<Home>,
    pub(crate) processes: Mutex<Vec<Option<Arc<MemoryHome>>>>,
}

impl Service {
    /// All of its processes end.
    pub(crate) fn end(&self) {
        for process in self.processes.lock().unwrap().iter().flatten() {
            process.life.end("a process lost its power");
        }
    }

    /// Any of its processes that is up.
    pub(crate) fn somebody(&self, fate: &Fate) -> Option<Arc<MemoryHome>> {
        let processes = self.processes.lock().unwrap();
        let up: Vec<_> = processes.iter().flatten().collect();
        let any = usize::try_from(fate.below(up.len().max(1).try_into().unwrap())).unwrap();
        up.get(any).map(|process| Arc::clone(process))
    }
}

/// From a publisher's process to a subscriber.
pub(crate) struct Road {
    pub(crate) from: Arc<Life>,
    pub(crate) to: Arc<Service>,
    /// How much is still under way in the whole world.
    pub(crate) traffic: Arc<AtomicUsize>,
}

impl Road {
    /// Brings it to any process that is up.
    async fn bring(fate: &Fate, to: &Service, events: &[Recorded]) -> Taken {
        sleep(fate.millis(10)).await;
        let Some(process) = to.somebody(fate) else { return Taken::none("nobody is there") };
        let taken = timeout(BUDGET, Local(process).deliver(events)).await;
        taken.unwrap_or_else(|_late| Taken::none("no answer in time"))
    }

    /// Brings it again, some time.
    fn straggle(&self, events: Vec<Recorded>) {
        let (fate, to, traffic) =
            (Arc::clone(&self.from.fate), Arc::clone(&self.to), Arc::clone(&self.traffic));
        traffic.fetch_add(1, Relaxed);
        tokio::spawn(async move {
            sleep(fate.millis(2_500)).await;
            Self::bring(&fate, &to, &events).await;
            traffic.fetch_sub(1, Relaxed);
        });
    }
}

#[async_trait]
impl Courier for Road {
    fn place(&self) -> String {
        self.to.home.name.to_owned()
    }

    async fn deliver(&self, events: &[Recorded]) -> Taken {
        let fate = &self.from.fate;
        let happened =
            |what| fate.happened(what, format_args!("{} to {}", self.from.name, self.to.home.name));
        self.from.step().await;
        let mut events = events.to_vec();
        if events.len() > 1 && fate.one_in(3) {
            fate.shuffle(&mut events);
            happened("a delivery was shuffled");
        }
        if fate.one_in(12) {
            happened("a delivery was lost");
            return Taken::none("lost on the way");
        }
        let all = Taken { events: events.iter().map(|event| event.id).collect(), trouble: None };
        let part = events.len() > 1 && fate.one_in(4);
        if part {
            happened("a part was delivered");
            events.truncate(1 + usize::try_from(fate.below(2)).unwrap().min(events.len() - 2));
        }
        let mut taken = Self::bring(fate, &self.to, &events).await;
        if fate.one_in(6) {
            happened("a delivery will be repeated");
            self.straggle(events);
        }
        self.from.step().await;
        if fate.one_in(12) && taken.trouble.is_none() {
            happened("an acceptance was lost");
            return Taken::none("no answer");
        }
        if part && taken.trouble.is_none() {
            taken.trouble = Some("the rest is still here".to_owned());
        }
        if part && fate.has(Bug::SettledWholeWindow) { all } else { taken }
    }
}
