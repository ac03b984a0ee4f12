//! The runner of sagas: does and undoes their steps, and keeps every transition.
//!
//! An instance is taken for as long as a lease lasts, by the clock of its store; what a dead process had taken is taken
//! by another afterwards. Two who both believe they have it ask the same questions under the same keys, and of their
//! transitions the first counts. A step that nobody could tell the end of is tried again after a pause that grows,
//! with full jitter, until its patience is spent.
//!
//! Deliberately absent: SQL, and what modules do in a step.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use outgrow::{
    Cause, CauseKind, CommitError, Saga, Steps, StoreError,
    command::Undecided,
    saga::{BUDGET, Instance, Phase, Stepped, Transition, Turn, Underway, Why},
};
use tokio::time::{Instant, timeout};

use crate::{
    Bell, Retry, Tasks, crash,
    events::said,
    tasks::{Pace, Rest},
};

/// How long an instance that was taken is nobody else's: longer than an attempt at a step, so that only what a dead
/// process had is taken twice.
pub const LEASE: Duration = Duration::from_secs(6);

/// How many instances of one saga are carried on at once.
const AT_ONCE: u32 = 64;

/// How often a step is begun without anybody telling what came of it before people have to look: it may be what ends
/// its process.
const LOST: u32 = 5;

/// How long a step is tried to be undone before people have to look: whoever has to do it may be away for long.
const UNDOING: Duration = Duration::from_hours(24);

/// How often a step is decided anew, within one attempt, when others keep being first.
const DECISIONS: u32 = 8;

/// The pauses after an attempt that failed, and while the store is away.
const PAUSES: Retry = Retry {
    attempts: 1, // counted by the patience of the step
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_secs(5),
};

/// Keeps the instances of a module's sagas.
#[async_trait]
pub trait SagaStore: Send + Sync {
    /// A bell of its own for whoever asks: it rings after each commit that has left something to do.
    fn bell(&self) -> Bell;

    /// Whether any instance of this saga, of a version known here, is to be carried on now.
    async fn any_due(&self, saga: &'static Saga) -> Result<bool, StoreError>;

    /// Takes at most `limit` of them, longest due first, so that nobody else takes them for this long; each begins an
    /// attempt by that.
    async fn take(
        &self,
        saga: &'static Saga,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Instance>, CommitError>;

    /// One instance, as it is now.
    async fn instance(&self, saga: &'static Saga, id: uuid::Uuid) -> Result<Option<Instance>, StoreError>;

    /// Keeps a transition, and returns the instance afterwards, which stays taken for a lease; none if nothing changes.
    async fn advance(&self, transition: Transition) -> Result<Option<Instance>, CommitError>;

    /// Lets an instance rest for `pause`, and keeps why, if it is still where it was and nobody else has taken it since.
    async fn put_off(
        &self,
        saga: &'static Saga,
        at: &Instance,
        why: Option<&str>,
        pause: Duration,
    ) -> Result<(), CommitError>;
}

/// The sagas of a module, and what their steps do: added while it is built.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<Vec<SeenThrough>>>);

/// A saga, and what its steps do.
type SeenThrough = (&'static Saga, Arc<dyn Steps>);

impl Running {
    /// Adds one.
    pub fn add(&self, saga: &'static Saga, steps: Arc<dyn Steps>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((saga, steps));
    }

    /// All that were added.
    pub fn all(&self) -> Vec<SeenThrough> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all().iter().map(|(saga, _)| saga.name)).finish()
    }
}

/// Carries on the instances of one saga.
pub struct Runner {
    saga: &'static Saga,
    steps: Arc<dyn Steps>,
    store: Arc<dyn SagaStore>,
    tasks: Tasks,
    bell: Bell,
    in_hand: AtomicU32,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runner({})", self.saga.name)
    }
}

/// A hand of the runner that has an instance; it is free again whatever becomes of that.
struct Hand(Arc<Runner>);

impl Hand {
    fn of(runner: &Arc<Runner>) -> Self {
        runner.in_hand.fetch_add(1, Relaxed);
        Self(Arc::clone(runner))
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        if self.0.in_hand.fetch_sub(1, Relaxed) == AT_ONCE {
            self.0.bell.ring();
        }
    }
}

/// What is left to do for an instance, for whoever has it.
enum Left {
    /// Its next step.
    Step(Box<Instance>),
    /// Nothing: it has ended, is parked, or rests.
    Nothing,
}

impl Runner {
    /// For this saga, as its steps are done here. What it does is background work of `tasks`.
    pub fn new(
        saga: &'static Saga,
        steps: Arc<dyn Steps>,
        store: Arc<dyn SagaStore>,
        tasks: &Tasks,
    ) -> Arc<Self> {
        let (bell, tasks) = (store.bell(), tasks.clone());
        Arc::new(Self { saga, steps, store, tasks, bell, in_hand: AtomicU32::new(0) })
    }

    /// Declares the chore.
    pub fn carry_on(self: &Arc<Self>) {
        let (runner, pace) = (Arc::clone(self), Arc::new(Pace::default()));
        self.tasks.paced(&format!("saga {}", self.saga.name), &self.bell, move || {
            let (runner, pace) = (Arc::clone(&runner), Arc::clone(&pace));
            async move { runner.turn(&pace).await }
        });
    }

    /// Takes what is due, as far as there are hands. It does not wait for what was taken.
    async fn turn(self: &Arc<Self>, pace: &Pace) -> Rest {
        let mut worked = false;
        loop {
            match self.taken().await {
                Ok(None) => return pace.well(worked),
                Ok(Some(taken)) => {
                    worked = true;
                    for instance in taken {
                        let hand = Hand::of(self);
                        self.tasks.spawn(async move { hand.0.carry(instance).await });
                    }
                }
                Err(why) => {
                    if pace.failures() == 0 {
                        tracing::warn!(saga = self.saga.name, why, "sagas wait");
                    }
                    return pace.failed(&PAUSES);
                }
            }
        }
    }

    /// Some that are due; none if none is, or if no hand is free.
    async fn taken(&self) -> Result<Option<Vec<Instance>>, String> {
        let free = AT_ONCE.saturating_sub(self.in_hand.load(Relaxed));
        if free == 0 || self.tasks.draining() {
            return Ok(None); // whoever gets done rings
        }
        if !self.store.any_due(self.saga).await.map_err(|error| said(&CommitError::NotCommitted(error)))? {
            return Ok(None);
        }
        let taken = self.store.take(self.saga, free, LEASE).await.map_err(|error| said(&error))?;
        Ok((!taken.is_empty()).then_some(taken))
    }

    /// Carries an instance on as far as it goes.
    async fn carry(&self, instance: Instance) {
        let id = instance.id;
        if let Err(error) = self.as_far_as_it_goes(instance).await {
            // The store is away: its lease runs out, and it is taken again.
            tracing::warn!(saga = self.saga.name, %id, why = said(&error), "what became of a step was not kept");
        }
    }

    async fn as_far_as_it_goes(&self, mut instance: Instance) -> Result<(), CommitError> {
        while let Some(at) = Underway::of(self.saga, instance) {
            instance = match self.step(&at).await? {
                Left::Step(next) if self.tasks.draining() => {
                    return self.store.put_off(self.saga, &next, None, Duration::ZERO).await;
                }
                Left::Step(next) => *next,
                Left::Nothing => return Ok(()),
            };
        }
        Ok(())
    }

    /// One attempt at a step.
    async fn step(&self, at: &Underway) -> Result<Left, CommitError> {
        if at.instance.lost > LOST {
            let why =
                format!("it was begun {LOST} times, and each time its process ended or its store was away");
            return self.keep(at, at.turn(Turn::Parked(why))).await;
        }
        let way = if at.instance.phase == Phase::Back { "undo" } else { "do" };
        crash::point(&["saga", at.step.name, way, "begun"]);
        let begun = Instant::now();
        for _ in 0..DECISIONS {
            match self.attempt(at).await {
                Ok(Stepped::Done) => return self.keep(at, at.done()).await,
                Ok(Stepped::Refused(why)) => return self.keep(at, at.refused(why)).await,
                Ok(Stepped::Kept) => {
                    return Ok(self.now(at).await?.map_or(Left::Nothing, |now| self.left(at, now)));
                }
                Err(Undecided::Conflict) => match self.now(at).await? {
                    Some(now) if now.revision == at.instance.revision => {}
                    _ => return Ok(Left::Nothing), // somebody else carries it on
                },
                Err(Undecided::NotExecuted(cause) | Undecided::InDoubt(cause)) => {
                    return self.failed(at, &cause.to_string(), begun.elapsed()).await;
                }
            }
        }
        self.failed(at, "too many others were changing the same things", begun.elapsed()).await
    }

    async fn attempt(&self, at: &Underway) -> Result<Stepped, Undecided> {
        let step = match at.instance.phase {
            Phase::Back => self.steps.undo(at),
            Phase::Forward | Phase::Done | Phase::Undone => self.steps.act(at),
        };
        let in_doubt = |kind, why: String| Err(Undecided::InDoubt(Cause::new(kind, why)));
        match timeout(BUDGET, AssertUnwindSafe(step).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => in_doubt(CauseKind::Internal, "the step panicked".to_owned()),
            Err(_late) => in_doubt(CauseKind::Expired, format!("it was not answered within {BUDGET:?}")),
        }
    }

    async fn now(&self, at: &Underway) -> Result<Option<Instance>, CommitError> {
        self.store.instance(self.saga, at.instance.id).await.map_err(CommitError::NotCommitted)
    }

    /// Keeps a transition. If somebody else was first, it is theirs to carry on.
    async fn keep(&self, at: &Underway, transition: Transition) -> Result<Left, CommitError> {
        match self.store.advance(transition).await {
            Ok(Some(next)) => Ok(self.left(at, next)),
            Ok(None) | Err(CommitError::Conflict) => Ok(Left::Nothing),
            Err(error) => Err(error),
        }
    }

    fn left(&self, at: &Underway, next: Instance) -> Left {
        let (saga, id, step) = (self.saga.name, next.id, at.step.name);
        if next.parked {
            let trouble = next.trouble.as_deref();
            tracing::error!(saga, %id, step, trouble, "a saga is parked: it waits for people");
        } else if next.phase == Phase::Back && at.instance.phase == Phase::Forward {
            let why = next.why.as_ref().map(ToString::to_string);
            tracing::debug!(saga, %id, step, why, "a saga turns back");
        }
        if next.live() { Left::Step(Box::new(next)) } else { Left::Nothing }
    }

    /// The step was not done, or perhaps it was: it is tried again, unless that has taken too long.
    async fn failed(&self, at: &Underway, why: &str, took: Duration) -> Result<Left, CommitError> {
        let step = at.step;
        let patience = if at.instance.phase == Phase::Back { Some(UNDOING) } else { step.patience };
        let spent = patience.is_some_and(|patience| at.instance.waited + took >= patience);
        if spent {
            let why = Why::new("out-of-patience", format!("{} was tried for too long: {why}", step.name));
            return self.keep(at, at.turn(Turn::GaveUp(why))).await;
        }
        let (id, attempts) = (at.instance.id, at.instance.attempts);
        tracing::debug!(saga = self.saga.name, %id, step = step.name, attempts, why, "a step was not done");
        self.store.put_off(self.saga, &at.instance, Some(why), PAUSES.pause(attempts)).await?;
        Ok(Left::Nothing)
    }
}
