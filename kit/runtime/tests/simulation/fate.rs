//! Fate: all that is left to chance in a world, drawn from one seed; what it did is counted and, if asked, written down.
//!
//! Whoever asks fate asks in an order that the seed decides, too: one thread, virtual time, no map without an order.
//! It knows which bug is planted, because a bug is one more thing that can be wrong with a world.

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::{sync::Notify, time::Instant};

use crate::bugs::Bug;

/// How often each kind of thing went wrong.
pub(crate) type Seen = BTreeMap<&'static str, u64>;

pub(crate) struct Fate {
    rng: Mutex<Rng>,
    stormy: AtomicBool,
    power: Notify,
    bug: Option<Bug>,
    seen: Mutex<Seen>,
    trace: Option<Mutex<Vec<String>>>,
    began: Instant,
}

impl Fate {
    pub(crate) fn new(seed: u64, bug: Option<Bug>, traced: bool) -> Self {
        fastrand::seed(seed); // the runtime draws its pauses from the generator of the thread
        Self {
            rng: Mutex::new(Rng::with_seed(seed)),
            stormy: AtomicBool::new(true),
            power: Notify::new(),
            bug,
            seen: Mutex::default(),
            trace: traced.then(Mutex::default),
            began: Instant::now(),
        }
    }

    /// Whether this bug is planted.
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// A number below `n`.
    pub(crate) fn below(&self, n: u64) -> u64 {
        self.rng.lock().unwrap().u64(0..n)
    }

    /// Some milliseconds, at most so many.
    pub(crate) fn millis(&self, most: u64) -> Duration {
        Duration::from_millis(self.below(most + 1))
    }

    /// Whether this goes wrong now: once in `n` times while the storm lasts.
    pub(crate) fn one_in(&self, n: u64) -> bool {
        self.stormy.load(Relaxed) && self.below(n) == 0
    }

    /// The power fails somewhere.
    pub(crate) fn cut_power(&self) {
        self.power.notify_one();
    }

    /// Waits until the power fails somewhere.
    pub(crate) async fn power_fails(&self) {
        self.power.notified().await;
    }

    /// Something went wrong.
    pub(crate) fn happened(&self, what: &'static str, whose: impl Display) {
        *self.seen.lock().unwrap().entry(what).or_default() += 1;
        self.note(|| format!("{whose}: {what}"));
    }

    /// A step worth a line in the trace.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            let at = self.began.elapsed().as_millis();
            trace.lock().unwrap().push(format!("{at:>6} ms  {}", line()));
        }
    }

    pub(crate) fn shuffle<T>(&self, list: &mut [T]) {
        self.rng.lock().unwrap().shuffle(list);
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn calm(&self) {
        self.stormy.store(false, Relaxed);
        self.note(|| "the storm is over".to_owned());
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn trace(&self) -> Vec<String> {
        self.trace.as_ref().map(|trace| trace.lock().unwrap().clone()).unwrap_or_default()
    }
}
