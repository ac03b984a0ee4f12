//! Sagas in tests: kept in memory, carried on step by step, and the laws that every saga keeps to.
//!
//! The laws are those of omicron (`nexus/src/app/sagas/test_helpers.rs`), and one more for what arrives late.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use outgrow::{
    CommitError, Saga, Steps,
    saga::{Instance, Phase, Stepped, Transition, Underway, Why},
};
use uuid::Uuid;

/// How many steps a saga takes at most until it ends.
const STEPS: usize = 200;

/// Keeps sagas in memory.
#[derive(Debug, Default)]
pub struct MemorySagas(Mutex<HashMap<(&'static str, Uuid), Instance>>);

impl MemorySagas {
    /// Where one is.
    pub fn instance(&self, saga: &'static Saga, id: Uuid) -> Option<Instance> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(saga.name, id)).cloned()
    }

    /// The ids of all instances of a saga, in order.
    pub fn ids(&self, saga: &'static Saga) -> Vec<Uuid> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids: Vec<_> = kept.keys().filter(|(name, _)| *name == saga.name).map(|(_, id)| *id).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether a transition would be kept.
    ///
    /// # Errors
    /// As [`Transition::apply`].
    pub fn check(&self, transition: &Transition) -> Result<(), CommitError> {
        transition.apply(self.instance(transition.saga, transition.id).as_ref()).map(drop)
    }

    /// Keeps a transition. The instance afterwards; none if nothing changes.
    ///
    /// # Errors
    /// As [`Transition::apply`].
    pub fn advance(&self, transition: &Transition) -> Result<Option<Instance>, CommitError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (transition.saga.name, transition.id);
        let after = transition.apply(kept.get(&key))?;
        kept.extend(after.clone().map(|after| (key, after)));
        Ok(after)
    }
}

/// A world in which one saga has just begun.
#[async_trait]
pub trait Stage: Send + Sync {
    /// What is done in its steps.
    fn steps(&self) -> Arc<dyn Steps>;

    /// Where it is.
    async fn instance(&self) -> Instance;

    /// Keeps a transition of it.
    async fn advance(&self, transition: Transition) -> Result<Option<Instance>, CommitError>;

    /// What its steps have left in the world, for comparison: not where the saga itself is.
    async fn trace(&self) -> String;
}

/// What comes of the step that is due: the same call that the runner makes.
async fn attempt<S: Stage>(stage: &S, at: &Underway) -> Result<Stepped, outgrow::command::Undecided> {
    let steps = stage.steps();
    if at.instance.phase == Phase::Back { steps.undo(at).await } else { steps.act(at).await }
}

/// Takes the step that is due, `times` times, and keeps what came of it. False if none is due.
///
/// # Panics
/// If the step fails.
pub async fn step<S: Stage>(saga: &'static Saga, stage: &S, times: usize) -> bool {
    let instance = stage.instance().await;
    if !instance.live() {
        return false;
    }
    let Some(at) = Underway::of(saga, instance) else { return false };
    let mut stepped = Ok(Stepped::Kept);
    for time in 0..times {
        let again = attempt(stage, &at).await;
        if time == 0 {
            stepped = again; // what is repeated must not matter
        }
    }
    let transition = match stepped {
        Ok(Stepped::Done) => at.done(),
        Ok(Stepped::Refused(why)) => at.refused(why),
        Ok(Stepped::Kept) => return true,
        Err(undecided) => panic!("{} of {saga}: {undecided:?}", at.step.name),
    };
    match stage.advance(transition).await {
        Ok(_) => true,
        Err(error) => panic!("{} of {saga} was not kept: {error}", at.step.name),
    }
}

/// Carries it on until it ends, or is parked.
///
/// # Panics
/// If a step fails, or if it does not end.
pub async fn to_the_end<S: Stage>(saga: &'static Saga, stage: &S, times: usize) -> Instance {
    for _ in 0..STEPS {
        if !step(saga, stage, times).await {
            return stage.instance().await;
        }
    }
    panic!("{saga} does not end");
}

async fn call_off<S: Stage>(saga: &'static Saga, stage: &S) {
    let id = stage.instance().await.id;
    let off = Transition::called_off(saga, id, Why::new("called-off", "by the law"));
    stage.advance(off).await.unwrap_or_else(|error| panic!("{saga} cannot be called off: {error}"));
}

/// Holds a saga to its laws, in worlds that `begin` makes:
///
/// 1. Taking each step twice is taking it once.
/// 2. Called off at any step, done or not or nobody knows, it leaves nothing behind, also if each step back is taken
///    twice.
/// 3. What arrives late, after all was undone, does nothing any more.
///
/// # Panics
/// If it breaks one, naming it and the step.
pub async fn keeps_the_laws<S: Stage>(saga: &'static Saga, begin: impl AsyncFn() -> S) {
    let once = begin().await;
    assert_eq!(to_the_end(saga, &once, 1).await.phase, Phase::Done, "{saga} succeeds in its world");
    let twice = begin().await;
    to_the_end(saga, &twice, 2).await;
    assert_eq!(twice.trace().await, once.trace().await, "law 1: {saga}, each step taken twice");

    let untouched = begin().await;
    call_off(saga, &untouched).await;
    to_the_end(saga, &untouched, 1).await;
    let nothing = untouched.trace().await;
    for steps in 0..=saga.steps.len() {
        for acted in [false, true] {
            for times in [1, 2] {
                let stage = begin().await;
                for _ in 0..steps {
                    step(saga, &stage, 1).await;
                }
                let late = Underway::of(saga, stage.instance().await);
                if let Some(at) = late.as_ref().filter(|_| acted) {
                    drop(attempt(&stage, at).await); // nobody is told what came of it
                }
                if stage.instance().await.phase == Phase::Undone {
                    continue;
                }
                call_off(saga, &stage).await;
                let phase = to_the_end(saga, &stage, times).await.phase;
                let case =
                    format!("{saga}, called off after {steps} steps, acted: {acted}, {times} times back");
                assert_eq!(phase, Phase::Undone, "law 2: {case}");
                assert_eq!(stage.trace().await, nothing, "law 2: {case}");
                if let Some(at) = late {
                    drop(attempt(&stage, &at).await);
                    assert_eq!(stage.trace().await, nothing, "law 3: {case}, and then it arrived");
                }
            }
        }
    }
}
