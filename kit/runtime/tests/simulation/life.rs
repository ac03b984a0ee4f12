//! The life of a process, from its start to its death.
//!
//! Whatever a process does, it does in steps, and at each it may die or stand still for longer than its leases last, or
//! the power may fail.
//! What a dead process awaits never comes: it goes no further, as if its memory were gone.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until},
};

use crate::{fate::Fate, home::Home};

/// Longer than a lease.
const STANDSTILL: Duration = Duration::from_secs(4);

pub(crate) struct Life {
    /// Such as `billing/1.2`: the second life of its second process.
    pub(crate) name: String,
    pub(crate) home: Arc<Home>,
    pub(crate) fate: Arc<Fate>,
    still_until: Mutex<Instant>,
    dead: AtomicBool,
    death: Notify,
}

impl Life {
    pub(crate) fn new(name: String, home: Arc<Home>, fate: Arc<Fate>) -> Self {
        fate.note(|| format!("{name} starts"));
        let (still_until, dead) = (Mutex::new(Instant::now()), AtomicBool::new(false));
        Self { name, home, fate, still_until, dead, death: Notify::new() }
    }

    /// Goes on, a moment later or never.
    pub(crate) async fn step(&self) {
        self.alive().await;
        if self.fate.one_in(150) && self.home.may_suffer() {
            if self.fate.below(3) == 0 {
                self.fate.happened("a process stood still", &self.name);
                *self.still_until.lock().unwrap() = Instant::now() + STANDSTILL;
            } else {
                self.end("a process died");
            }
        }
        if self.fate.one_in(200) {
            self.fate.cut_power();
        }
        match self.fate.below(6) {
            moment @ 1..3 => sleep(Duration::from_millis(moment)).await,
            3 => tokio::task::yield_now().await,
            _ => {} // others do not get their turn
        }
        self.alive().await;
    }

    async fn alive(&self) {
        let still_until = *self.still_until.lock().unwrap();
        if still_until > Instant::now() {
            sleep_until(still_until).await;
        }
        if self.dead.load(Relaxed) {
            pending::<()>().await;
        }
    }

    pub(crate) fn end(&self, why: &'static str) {
        if !self.dead.swap(true, Relaxed) {
            self.fate.happened(why, &self.name);
            self.death.notify_one();
        }
    }

    /// Waits for its end.
    pub(crate) async fn death(&self) {
        self.death.notified().await;
    }
}
