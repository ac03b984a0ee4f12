//! Background work that ends when the process is asked to end.
//!
//! A module that carries something on by itself declares a **chore**: it runs once the process has started, again
//! whenever its bell rings, and at the latest after its period, so that nothing depends on a bell having been heard.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::{Notify, watch};
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, error_span};

use crate::{Retry, finish::words};

/// How many items of a worklist are handled at once.
pub const AT_ONCE: usize = 16;

/// How long a chore rests after a run that panicked.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// All background work of a process.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    phase: watch::Sender<Phase>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Composing,
    Running,
    Draining,
}

/// Wakes a chore before its period is over. Ringing it twice before it is heard wakes once.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// There is something to do.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// How long a chore rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// So long, or until its bell rings.
    OrBell(Duration),
    /// So long: its bell would only wake it to fail again.
    Full(Duration),
}

/// The rests of a chore that looks for work: longer each time it found none, and at random while it fails.
#[derive(Debug, Default)]
pub struct Pace {
    idle: AtomicU32,
    failures: AtomicU32,
}

impl Pace {
    /// The longest rest while there is no work.
    pub const LONGEST: Duration = Duration::from_secs(1);
    const FIRST: Duration = Duration::from_millis(50);

    /// After a run that went well, and did something or found nothing.
    pub fn well(&self, worked: bool) -> Rest {
        self.failures.store(0, Relaxed);
        if worked {
            self.idle.store(0, Relaxed);
        }
        let idle = self.idle.fetch_add(1, Relaxed).min(8);
        Rest::OrBell(Self::FIRST.saturating_mul(1 << idle).min(Self::LONGEST))
    }

    /// After a run that failed.
    pub fn failed(&self, pauses: &Retry) -> Rest {
        let failures = self.failures.fetch_add(1, Relaxed).saturating_add(1);
        Rest::Full(pauses.pause(failures))
    }

    /// How many runs in a row have failed.
    pub fn failures(&self) -> u32 {
        self.failures.load(Relaxed)
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self { tracker: TaskTracker::new(), phase: watch::Sender::new(Phase::Composing) }
    }
}

impl Tasks {
    /// Declares a chore. A run that panics is logged, and the next one comes after the period as usual.
    pub fn chore<F, R>(&self, name: &'static str, period: Duration, bell: &Bell, run: F)
    where
        F: Fn() -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        self.paced(name, bell, move || {
            let run = run();
            async move {
                run.await;
                Rest::OrBell(period)
            }
        });
    }

    /// Declares a chore whose every run says when the next is due.
    pub fn paced<F, R>(&self, name: &str, bell: &Bell, run: F)
    where
        F: Fn() -> R + Send + 'static,
        R: Future<Output = Rest> + Send + 'static,
    {
        let (bell, mut phase) = (bell.clone(), self.phase.subscribe());
        let rounds = async move {
            let ended = |phase: &Phase| *phase == Phase::Draining;
            if phase.wait_for(|phase| *phase >= Phase::Running).await.is_err() {
                return;
            }
            while !ended(&phase.borrow()) {
                let rest = AssertUnwindSafe(run()).catch_unwind().await.unwrap_or_else(|panic| {
                    tracing::error!(panic = words(&panic), "a chore failed");
                    Rest::Full(AFTER_PANIC)
                });
                let (Rest::OrBell(pause) | Rest::Full(pause)) = rest;
                tokio::select! {
                    biased; // of two reasons to wake, always the same: a simulation repeats exactly
                    () = bell.0.notified(), if matches!(rest, Rest::OrBell(_)) => {}
                    () = tokio::time::sleep(pause) => {}
                    _ = phase.wait_for(ended) => {}
                }
            }
        };
        self.tracker.spawn(rounds.instrument(error_span!("chore", name)));
    }

    /// Declares a chore over a worklist: whatever is `due` is handled, [`AT_ONCE`] at a time, and looked for again at
    /// once as long as anything got done. `handle` tells whether it did.
    pub fn worklist<T, D, DF, H, HF>(
        &self,
        name: &'static str,
        period: Duration,
        bell: &Bell,
        due: D,
        handle: H,
    ) where
        T: Send + 'static,
        D: Fn() -> DF + Send + Sync + 'static,
        DF: Future<Output = Vec<T>> + Send + 'static,
        H: Fn(T) -> HF + Send + Sync + 'static,
        HF: Future<Output = bool> + Send + 'static,
    {
        let (due, handle, tasks) = (Arc::new(due), Arc::new(handle), self.clone());
        self.chore(name, period, bell, move || {
            let (due, handle, tasks) = (Arc::clone(&due), Arc::clone(&handle), tasks.clone());
            async move {
                while !tasks.draining() {
                    let one = |item| {
                        let work = (!tasks.draining()).then(|| handle(item));
                        async move {
                            match work {
                                Some(work) => work.await,
                                None => false,
                            }
                        }
                    };
                    let work = stream::iter(due().await).map(one).buffer_unordered(AT_ONCE);
                    if !work.fold(false, async |any, done| any | done).await {
                        return;
                    }
                }
            }
        });
    }

    /// Runs a piece of background work that a chore has begun: draining waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(work.in_current_span());
    }

    /// Whether the process was asked to end.
    pub fn draining(&self) -> bool {
        *self.phase.borrow() == Phase::Draining
    }

    /// Lets the chores begin.
    pub fn start(&self) {
        self.phase.send_replace(Phase::Running);
    }

    /// Lets every chore finish its round, and waits for that at most so long. True if all did.
    pub async fn drain(&self, within: Duration) -> bool {
        self.phase.send_replace(Phase::Draining);
        self.tracker.close();
        tokio::time::timeout(within, self.tracker.wait()).await.is_ok()
    }
}
