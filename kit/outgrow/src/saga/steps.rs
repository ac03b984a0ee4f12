//! What a core does in each step of a saga.

use std::time::Duration;

use async_trait::async_trait;

use super::{Instance, Phase, Saga, Step, Transition, Turn, Why};
use crate::{CallContext, IdempotencyKey, command::Undecided};

/// How long one attempt at a step may take.
pub const BUDGET: Duration = Duration::from_secs(5);

/// What the steps of a saga do, and how they are undone.
///
/// Both are repeated whenever nobody knows what came of them, under the same idempotency key.
#[async_trait]
pub trait Steps: Send + Sync {
    /// Does the step that `at` is at.
    async fn act(&self, at: &Underway) -> Result<Stepped, Undecided>;

    /// Undoes the step that `at` is at, whether it was done, was not, or is still being done by somebody.
    async fn undo(&self, at: &Underway) -> Result<Stepped, Undecided>;
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it says whether the transition was committed"]
pub enum Stepped {
    /// It is done, or undone: the transition is still to be committed.
    Done,
    /// It was certainly not done, and will not be: the transition is still to be committed.
    Refused(Why),
    /// The transition was committed, with its effects.
    Kept,
}

/// A saga at one of its steps.
#[derive(Clone, Debug)]
pub struct Underway {
    /// Which saga.
    pub saga: &'static Saga,
    /// Where it is.
    pub instance: Instance,
    /// The step that it is at.
    pub step: &'static Step,
}

impl Underway {
    /// An instance at its step; none if it has ended, or if this build does not know its version.
    pub fn of(saga: &'static Saga, instance: Instance) -> Option<Self> {
        let step = instance.step_of(saga)?;
        Some(Self { saga, instance, step })
    }

    /// The context of what the step asks of others: one key for all its repetitions, until people let it be tried
    /// anew.
    pub fn cx(&self, module: &'static str) -> CallContext {
        let Instance { id, phase, round, .. } = self.instance;
        let way = if phase == Phase::Back { "undo-" } else { "" };
        let again = if round == 0 { String::new() } else { format!("-{round}") };
        let key = IdempotencyKey::from(id).derive(self.saga.name, &format!("{way}{}{again}", self.step.name));
        CallContext::new(module, id).caused_by(id).with_key(key).within(BUDGET)
    }

    /// The transition that says that the step is done, or undone: to be committed with its effects.
    pub fn done(&self) -> Transition {
        self.turn(if self.instance.phase == Phase::Back { Turn::Undid } else { Turn::Did })
    }

    /// The transition that says that the step was certainly not done: to be committed with what comes of that.
    pub fn refused(&self, why: Why) -> Transition {
        self.turn(Turn::Refused(why))
    }

    /// The transition of this turn.
    pub fn turn(&self, turn: Turn) -> Transition {
        Transition { saga: self.saga, id: self.instance.id, turn, at: Some(self.instance.clone()), by: None }
    }
}
