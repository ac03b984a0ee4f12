//! The course of one saga: where it is, and what leads from there to where.
//!
//! ```text
//! forward ──did──► … ──did──► done
//!    │                          │ called off
//!    └─refused, given up,──► back ──undid──► … ──undid──► undone
//!      called off
//! ```
//!
//! Every transition raises the *revision*, and what was decided at one holds only there: of two who carry the same
//! saga on, one is first, and the other finds out. A **parked** saga stays where it is until people have looked.

use std::{fmt, time::Duration};

use uuid::Uuid;

use super::{Saga, Step, StepKind};
use crate::{CommitError, StoreError};

/// Where one saga is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id: of what it is about, such as the order.
    pub id: Uuid,
    /// The version of its definition, from its beginning to its end.
    pub version: u16,
    /// Which way it goes.
    pub phase: Phase,
    /// The step that is being done or undone, from 0; the number of steps once all are done.
    pub step: u32,
    /// How often this step was begun, this way.
    pub attempts: u32,
    /// How many of those attempts, since the last one that was told of, nobody has told of: the next one begun included.
    pub lost: u32,
    /// How often people have let a step be tried again: each time it is a new command.
    pub round: u32,
    /// Whether it waits for people.
    pub parked: bool,
    /// Why it turned back.
    pub why: Option<Why>,
    /// Why the last attempt failed, or why it is parked.
    pub trouble: Option<String>,
    /// How many transitions there were, the first included.
    pub revision: u64,
    /// How long it has been at this step, by the clock of the store, when it was read.
    pub waited: Duration,
}

/// Which way a saga goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From step to step.
    Forward,
    /// Undoing what was done.
    Back,
    /// All was done.
    Done,
    /// All that had been done is undone.
    Undone,
}

/// Why a saga turned back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// A stable code, such as `out-of-stock`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// Such as `out-of-stock: only 2 of LAMP available`.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Why {
    /// Made of these.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// A transition of one saga, to be committed with what it is about.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Which saga.
    pub saga: &'static Saga,
    /// Which instance of it.
    pub id: Uuid,
    /// What happened to it.
    pub turn: Turn,
    /// The instance for which that was decided; none if it holds wherever it is.
    pub at: Option<Instance>,
    /// Who made it happen, if that was not the saga itself.
    pub by: Option<String>,
}

/// What can happen to a saga.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It began.
    Began,
    /// Its step is done.
    Did,
    /// Its step is undone.
    Undid,
    /// Its step was certainly not done, and will not be: it turns back, from the step before; or is parked, if the step
    /// is one that has to succeed.
    Refused(Why),
    /// Nobody knows whether its step was done, and it has taken too long: it turns back, from its last step that can be
    /// undone; or is parked, if this one cannot be undone.
    GaveUp(Why),
    /// Its owner wants it undone, however far it is: from its last step that can be undone, whether it has come so far
    /// or not. Nothing happens if it is on its way back.
    CalledOff(Why),
    /// It cannot go on without people.
    Parked(String),
    /// People let what is parked try again, as a new command.
    Retried(String),
    /// People have done, or undone, the step of what is parked themselves. Not one that is done at home.
    Skipped(String),
}

impl Turn {
    /// A word for it, as it is kept in the journal.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Did => "did",
            Self::Undid => "undid",
            Self::Refused(_) => "refused",
            Self::GaveUp(_) => "gave up",
            Self::CalledOff(_) => "called off",
            Self::Parked(_) => "parked",
            Self::Retried(_) => "retried",
            Self::Skipped(_) => "skipped",
        }
    }

    /// What there is to say about it.
    pub fn note(&self) -> Option<String> {
        match self {
            Self::Refused(why) | Self::GaveUp(why) | Self::CalledOff(why) => Some(why.to_string()),
            Self::Parked(why) | Self::Retried(why) | Self::Skipped(why) => Some(why.clone()),
            Self::Began | Self::Did | Self::Undid => None,
        }
    }

    /// Whether a failed step turns its saga back by itself; else people have to look.
    fn turns_back(&self, saga: &Saga, at: &Instance) -> bool {
        let kind = saga.steps.get(index(at.step)).map(|step| step.kind);
        match (at.phase, kind) {
            (Phase::Forward, Some(StepKind::Compensatable)) => true,
            // Refused is certain; what only took too long may have been done.
            (Phase::Forward, Some(StepKind::Pivot)) => matches!(self, Self::Refused(_)),
            _ => false,
        }
    }
}

impl Transition {
    /// A saga begins. Committed with what it is about.
    pub fn began(saga: &'static Saga, id: Uuid) -> Self {
        Self { saga, id, turn: Turn::Began, at: None, by: None }
    }

    /// Its owner calls a saga off, however far it is, even if all was done, or if it was done so long ago that it was
    /// forgotten.
    pub fn called_off(saga: &'static Saga, id: Uuid, why: Why) -> Self {
        Self { saga, id, turn: Turn::CalledOff(why), at: None, by: None }
    }

    /// Whether it comes to the same again if a loss of power takes it back: a step was done, or undone. Not that it has come
    /// to its pivot, or to the first step that succeeds in the end: from there on nothing turns it back by itself.
    pub fn comes_again(&self) -> bool {
        let Some(at) = &self.at else { return false };
        let Some(saga) = self.saga.of_version(at.version) else { return false };
        let can_be_undone =
            |step: usize| saga.steps.get(step).is_some_and(|step| step.kind == StepKind::Compensatable);
        let step = index(at.step);
        let short_of_the_pivot_or_behind_it = can_be_undone(step + 1) || !can_be_undone(step);
        self.turn == Turn::Undid || self.turn == Turn::Did && short_of_the_pivot_or_behind_it
    }

    /// The instance afterwards; none if nothing changes.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] if the saga is not where this was decided; [`CommitError::NotCommitted`] if its
    /// version is none that this build knows.
    pub fn apply(&self, before: Option<&Instance>) -> Result<Option<Instance>, CommitError> {
        let Some(before) = before else { return self.first() };
        let saga = self.saga.of_version(before.version).ok_or_else(|| {
            let why = format!("version {} of the saga {} is unknown here", before.version, self.saga.name);
            CommitError::NotCommitted(StoreError::new(why))
        })?;
        if self.at.as_ref().is_some_and(|at| at.revision != before.revision) {
            return Err(CommitError::Conflict);
        }
        if !before.parked && matches!(self.turn, Turn::Retried(_) | Turn::Skipped(_)) {
            return Err(CommitError::Conflict); // it is still being done
        }
        if matches!(self.turn, Turn::Skipped(_)) && !before.skippable(saga) {
            return Err(CommitError::Conflict);
        }
        let next = before.next(self.at.is_some());
        let at = index(before.step);
        Ok(Some(match (&self.turn, before.phase) {
            (Turn::Did | Turn::Skipped(_), Phase::Forward) => next.forward(saga, at + 1),
            (Turn::Undid | Turn::Skipped(_), Phase::Back) => next.back(saga, at.checked_sub(1)),
            (Turn::Refused(why) | Turn::GaveUp(why), Phase::Forward | Phase::Back)
                if !self.turn.turns_back(saga, before) =>
            {
                before.parked(&why.message)
            }
            (Turn::Refused(why), Phase::Forward) => next.of(why).back(saga, at.checked_sub(1)),
            // It may have been farther: a loss of power takes back what was only noted (ADR 0023).
            (Turn::GaveUp(why), Phase::Forward) | (Turn::CalledOff(why), Phase::Forward | Phase::Done) => {
                next.of(why).back(saga, Some(saga.steps.len()))
            }
            (Turn::CalledOff(_), Phase::Back | Phase::Undone) => return Ok(None),
            (Turn::Parked(why), Phase::Forward | Phase::Back) => before.parked(why),
            (Turn::Retried(_), Phase::Forward | Phase::Back) => Instance { round: before.round + 1, ..next },
            _ => return Err(CommitError::Conflict),
        }))
    }

    /// The first instance: as it begins, or on the way back of what was done long ago.
    fn first(&self) -> Result<Option<Instance>, CommitError> {
        let nothing = Instance {
            id: self.id,
            version: self.saga.version,
            phase: Phase::Forward,
            step: 0,
            attempts: 0,
            round: 0,
            lost: 0,
            parked: false,
            why: None,
            trouble: None,
            revision: 1,
            waited: Duration::ZERO,
        };
        match &self.turn {
            Turn::Began => Ok(Some(nothing)),
            Turn::CalledOff(why) => Ok(Some(nothing.of(why).back(self.saga, Some(self.saga.steps.len())))),
            Turn::Did
            | Turn::Undid
            | Turn::Refused(_)
            | Turn::GaveUp(_)
            | Turn::Parked(_)
            | Turn::Retried(_)
            | Turn::Skipped(_) => Err(CommitError::Conflict),
        }
    }
}

impl Instance {
    /// Whether anything is still to be done by the saga itself.
    pub fn live(&self) -> bool {
        !self.parked && matches!(self.phase, Phase::Forward | Phase::Back)
    }

    /// The step that is being done or undone; none if it has ended.
    pub fn step_of(&self, saga: &'static Saga) -> Option<&'static Step> {
        let saga = saga.of_version(self.version)?;
        let going = matches!(self.phase, Phase::Forward | Phase::Back);
        saga.steps.get(index(self.step)).filter(|_| going)
    }

    /// Whether somebody can have done, or undone, its step by hand.
    pub fn skippable(&self, saga: &'static Saga) -> bool {
        self.step_of(saga).is_none_or(|step| self.phase == Phase::Back || !step.at_home)
    }

    /// As it is after a transition that leaves everything else as it is. Who decides `at` a step goes on with the
    /// next one at once, so that one has begun.
    fn next(&self, at: bool) -> Self {
        Self {
            attempts: at.into(),
            lost: at.into(),
            parked: false,
            trouble: None,
            revision: self.revision + 1,
            waited: Duration::ZERO,
            ..self.clone()
        }
    }

    /// The same, waiting for people.
    fn parked(&self, why: &str) -> Self {
        let trouble = Some(why.to_owned());
        Self { parked: true, trouble, revision: self.revision + 1, ..self.clone() }
    }

    fn of(self, why: &Why) -> Self {
        Self { why: Some(why.clone()), ..self }
    }

    fn forward(self, saga: &Saga, step: usize) -> Self {
        let phase = if step < saga.steps.len() { Phase::Forward } else { Phase::Done };
        Self { phase, step: number(step), ..self }
    }

    fn back(self, saga: &Saga, from: Option<usize>) -> Self {
        match from.and_then(|from| saga.undoable(from)) {
            Some(step) => Self { phase: Phase::Back, step: number(step), ..self },
            None => Self { phase: Phase::Undone, step: 0, ..self },
        }
    }
}

fn index(step: u32) -> usize {
    usize::try_from(step).unwrap_or(usize::MAX)
}

/// There are at most 32.
fn number(step: usize) -> u32 {
    u32::try_from(step).unwrap_or(u32::MAX)
}
