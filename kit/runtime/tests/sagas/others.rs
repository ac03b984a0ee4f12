//! The neighbours: a hotel and a bank, asked over a network that loses, repeats and delays.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use outgrow::{Cause, CauseKind, IdempotencyKey, command::Undecided};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    bugs::Bug,
    disk::{Disk, Lasts},
    fate::Fate,
    life::Life,
};

/// One of them.
pub(crate) struct Neighbour {
    name: &'static str,
    fate: Arc<Fate>,
    kept: Mutex<Disk<Books>>,
    /// Not to be reached before.
    away_until: Mutex<Instant>,
}

#[derive(Clone, Default)]
struct Books {
    /// For each trip what was done for it: how often each thing, and whether it was undone.
    trips: BTreeMap<Uuid, Account>,
    /// What was answered to each key.
    answers: BTreeMap<String, bool>,
}

/// What was done for a trip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) done: BTreeMap<&'static str, u32>,
    pub(crate) undone: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Do this. Each thing needs the one before.
    Do(&'static str),
    /// Undo all of it.
    Undo,
}

impl Neighbour {
    pub(crate) fn new(name: &'static str, fate: Arc<Fate>) -> Arc<Self> {
        Arc::new(Self { name, fate, kept: Mutex::default(), away_until: Mutex::new(Instant::now()) })
    }

    /// What was done for this trip, of which nothing is left if it was undone.
    pub(crate) fn account(&self, trip: Uuid) -> Account {
        self.kept.lock().unwrap().tables.trips.get(&trip).cloned().unwrap_or_default()
    }

    /// Its answer, if it arrives: whether it does what is asked.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        life: &Life,
        trip: Uuid,
        key: &IdempotencyKey,
        ask: Ask,
    ) -> Result<bool, Undecided> {
        life.step().await;
        let fate = &self.fate;
        if fate.one_in(200) {
            fate.happened("a neighbour was away for long", self.name);
            *self.away_until.lock().unwrap() = Instant::now() + Duration::from_secs(40);
        }
        if *self.away_until.lock().unwrap() > Instant::now() {
            return Err(Undecided::NotExecuted(Cause::new(CauseKind::Unreachable, "away")));
        }
        let in_doubt = || Err(Undecided::InDoubt(Cause::new(CauseKind::Lost, "lost")));
        let what = format!("{} is asked to {ask:?} for {trip}", self.name);
        if fate.one_in(20) {
            fate.happened("a question was lost", what);
            return in_doubt();
        }
        if fate.one_in(20) {
            fate.happened("a question arrived late", &what);
            let (this, key, late) = (self.clone(), key.clone(), fate.millis(60_000));
            tokio::spawn(async move {
                sleep(late).await;
                this.fate.note(|| format!("{what}: it arrives now"));
                this.answer(trip, &key, ask);
            });
            return in_doubt();
        }
        sleep(fate.millis(20)).await;
        let answer = self.answer(trip, key, ask);
        fate.note(|| format!("{what}: {answer}"));
        if fate.one_in(20) {
            fate.happened("an answer was lost", what);
            return in_doubt();
        }
        life.step().await;
        Ok(answer)
    }

    /// Its power is lost, and its last moments with it, if they did not last.
    pub(crate) fn lose_power(&self) {
        self.fate.happened("a neighbour lost its power", self.name);
        drop(self.kept.lock().unwrap().lose_power(self.name, &self.fate));
    }

    /// One transaction of its own, which lasts.
    fn answer(&self, trip: Uuid, key: &IdempotencyKey, ask: Ask) -> bool {
        let lasts = Lasts::of_write("answer", &self.fate);
        let mut kept = self.kept.lock().unwrap();
        let answer =
            kept.transact("answer", lasts, &self.fate, |books| Ok(self.decide(books, trip, key, ask)));
        answer.expect("nothing keeps it from that")
    }

    fn decide(&self, kept: &mut Books, trip: Uuid, key: &IdempotencyKey, ask: Ask) -> bool {
        if let Some(before) = kept.answers.get(key.as_str())
            && !self.fate.has(Bug::NotIdempotent)
        {
            return *before;
        }
        // One in eight trips is not wanted here, whoever asks.
        let unwanted = self.name == "hotel" && trip.as_u128().is_multiple_of(8);
        let known = kept.trips.contains_key(&trip);
        if ask == Ask::Undo && !known && self.fate.has(Bug::NoTombstone) {
            return true;
        }
        let account = kept.trips.entry(trip).or_default();
        let answer = match ask {
            Ask::Undo => {
                account.undone = true;
                account.done.clear();
                true
            }
            Ask::Do(_) if account.undone || unwanted => false,
            Ask::Do(what) => {
                *account.done.entry(what).or_default() += 1;
                true
            }
        };
        kept.answers.insert(key.to_string(), answer);
        answer
    }
}
