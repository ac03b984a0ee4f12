//! The home of who makes trips: its tables outlive processes.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use outgrow::{CommitError, saga::Instance};
use outgrow_runtime::Bell;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    disk::{Disk, Lasts},
    fate::Fate,
};

/// How many processes may die or stand still: fewer in a row than park a saga that is not to blame.
pub(crate) const MISHAPS: u32 = 4;

/// What is kept.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    pub(crate) trips: BTreeMap<Uuid, Trip>,
    pub(crate) sagas: BTreeMap<Uuid, Kept>,
}

/// What has become of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trip {
    Planned,
    Made,
    Refused,
    CalledOff,
}

#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) instance: Instance,
    pub(crate) next_at: Instant,
    pub(crate) since: Instant,
}

pub(crate) struct Home {
    disk: Mutex<Disk<Tables>>,
    mishaps: AtomicU32,
    /// Who has come to the pivot, and whether they were refused there or later.
    pub(crate) beyond: Mutex<BTreeMap<Uuid, bool>>,
    pub(crate) bells: Mutex<Vec<Bell>>,
}

impl Home {
    /// With so many of its mishaps left.
    pub(crate) fn new(mishaps: u32) -> Self {
        Self {
            disk: Mutex::default(),
            mishaps: AtomicU32::new(mishaps),
            beyond: Mutex::default(),
            bells: Mutex::default(),
        }
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.disk.lock().unwrap().tables)
    }

    /// Whether one more process may suffer; it is counted.
    pub(crate) fn may_suffer(&self) -> bool {
        self.mishaps.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// All of it or nothing.
    pub(crate) fn transact<T>(
        &self,
        what: &'static str,
        lasts: Lasts,
        fate: &Fate,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError>,
    ) -> Result<T, CommitError> {
        self.disk.lock().unwrap().transact(what, lasts, fate, work)
    }

    /// The power is lost, and the last moments with it.
    pub(crate) fn lose_power(&self, fate: &Fate) {
        drop(self.disk.lock().unwrap().lose_power("agency", fate));
    }

    pub(crate) fn ring(&self) {
        for bell in &*self.bells.lock().unwrap() {
            bell.ring();
        }
    }
}
