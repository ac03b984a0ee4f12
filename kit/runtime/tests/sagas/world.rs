//! The world: an agency of two processes, its neighbours, travellers who plan and change their minds, and a storm that
//! ends. Then time runs on until nothing is left to do, and the laws are asked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use outgrow_runtime::{Tasks, sagas::Runner};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{
    bugs::Bug,
    fate::{Fate, Seen},
    home::{Home, MISHAPS, Trip},
    laws,
    life::Life,
    others::Neighbour,
    store::Session,
    trip::{Agency, TRIP, call_off, plan},
};

/// How long things go wrong.
const STORM: Duration = Duration::from_secs(20);
/// How long it may take until all is done after the storm. What was asked late arrives in the meantime.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long late questions may take to arrive.
const LATE: Duration = Duration::from_secs(61);

/// What came of a world.
pub(crate) struct Outcome {
    pub(crate) breaches: Vec<String>,
    pub(crate) seen: Seen,
    pub(crate) trace: Vec<String>,
}

/// Lets the world of this seed run to its end, with a bug or without.
pub(crate) fn run(seed: u64, bug: Option<Bug>, traced: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let fate = Arc::new(Fate::new(seed, bug, traced));
        let (hotel, bank) = (Neighbour::new("hotel", fate.clone()), Neighbour::new("bank", fate.clone()));
        let processes = Mutex::new(vec![None, None]);
        let dark = fate.below(2) == 0;
        let home = Arc::new(Home::new(MISHAPS - u32::from(dark))); // a loss of power is one
        let (told, travellers) = Default::default();
        let world = Arc::new(World { fate, dark, home, hotel, bank, processes, told, travellers });
        world.pass().await;
        Outcome { breaches: laws::judge(&world), seen: world.fate.seen(), trace: world.fate.trace() }
    })
}

pub(crate) struct World {
    fate: Arc<Fate>,
    /// Whether the power fails.
    dark: bool,
    pub(crate) home: Arc<Home>,
    pub(crate) hotel: Arc<Neighbour>,
    pub(crate) bank: Arc<Neighbour>,
    processes: Mutex<Vec<Option<Arc<Session>>>>,
    /// What travellers were told last of their trips.
    pub(crate) told: Mutex<BTreeMap<Uuid, Trip>>,
    travellers: AtomicUsize,
}

impl World {
    /// From the beginning to the end.
    async fn pass(self: &Arc<Self>) {
        if self.dark {
            tokio::spawn(self.clone().grid());
        }
        for slot in 0..2 {
            tokio::spawn(self.clone().host(slot));
        }
        for number in 0..3 + self.fate.below(4) {
            self.travellers.fetch_add(1, Relaxed);
            tokio::spawn(self.clone().traveller(Uuid::from_u128(u128::from(number + 1))));
        }
        sleep(STORM).await;
        self.fate.calm();
        sleep(LATE).await;
        let settled = async {
            while !self.settled() {
                sleep(Duration::from_millis(250)).await;
            }
        };
        if timeout(PATIENCE, settled).await.is_err() {
            self.fate.note(|| "it never came to rest".to_owned());
        }
    }

    fn settled(&self) -> bool {
        self.travellers.load(Relaxed) == 0
            && self.home.read(|tables| tables.sagas.values().all(|kept| !kept.instance.live()))
    }

    /// Each of two machines loses its power once: processes end, and each home has lost its own last moments. Or there
    /// are no processes, only databases: those go on where they are.
    async fn grid(self: Arc<Self>) {
        let places = [self.fate.below(2), self.fate.below(2), self.fate.below(2)];
        for machine in 0..2 {
            self.fate.power_fails().await;
            let [ours, hotels, banks] = places.map(|place| place == machine);
            if ours {
                self.lose_power();
            }
            if hotels {
                self.hotel.lose_power();
            }
            if banks {
                self.bank.lose_power();
            }
        }
    }

    fn lose_power(&self) {
        if self.fate.below(4) == 0 {
            self.fate.happened("a database lost its power", "agency");
        } else {
            self.fate.happened("power was lost", "agency");
            for process in self.processes.lock().unwrap().iter().flatten() {
                process.0.end("a process lost its power");
            }
        }
        self.home.lose_power(&self.fate);
    }

    /// Hosts one process: after each death another life.
    async fn host(self: Arc<Self>, slot: usize) {
        for number in 1.. {
            let life =
                Arc::new(Life::new(format!("agency/{slot}.{number}"), self.home.clone(), self.fate.clone()));
            let session = Arc::new(Session(life.clone()));
            self.processes.lock().unwrap()[slot] = Some(session.clone());
            let tasks = Tasks::default();
            let (hotel, bank) = (self.hotel.clone(), self.bank.clone());
            let steps = Agency { session: session.clone(), hotel, bank, asked: (1_000 * number).into() };
            Runner::new(&TRIP, Arc::new(steps), session, &tasks).carry_on();
            tasks.start();
            life.death().await;
            self.processes.lock().unwrap()[slot] = None;
            sleep(self.fate.millis(2_000)).await;
        }
    }

    fn somebody(&self) -> Option<Arc<Session>> {
        let processes = self.processes.lock().unwrap();
        let there: Vec<_> = processes.iter().flatten().collect();
        let which = usize::try_from(self.fate.below(2)).unwrap();
        there.get(which.min(there.len().saturating_sub(1))).map(|session| Arc::clone(session))
    }

    /// Somebody plans a trip, and perhaps changes their mind.
    async fn traveller(self: Arc<Self>, id: Uuid) {
        let patience = Duration::from_secs(5);
        sleep(self.fate.millis(3_000)).await;
        if let Some(session) = self.somebody()
            && let Ok(Ok(())) = timeout(patience, plan(&session, id)).await
        {
            self.told.lock().unwrap().insert(id, Trip::Planned);
        }
        if self.fate.below(3) == 0 {
            sleep(self.fate.millis(8_000)).await;
            if let Some(session) = self.somebody()
                && let Ok(Ok(())) = timeout(patience, call_off(&session, id)).await
            {
                self.told.lock().unwrap().insert(id, Trip::CalledOff);
            }
        }
        self.travellers.fetch_sub(1, Relaxed);
    }
}
