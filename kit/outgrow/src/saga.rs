//! Sagas: what a module sees through in several steps, each in somebody else's hands, and takes back if it cannot.
//!
//! A saga is a list of [`Step`]s, and a state machine over it that knows nothing of databases or time: an
//! [`Instance`] and the [`Transition`]s from one to the next. It goes forward step by step. When a step is refused it
//! turns back and undoes what was done, the last first. Behind the *pivot* nothing turns it back by itself any more:
//! those steps are repeated until they succeed. Its owner may call it off at any time.
//!
//! ```
//! use outgrow::saga::{Saga, Step};
//!
//! /// How an order is fulfilled.
//! pub static FULFILMENT: Saga = Saga::new("fulfilment", 1, &[
//!     Step::compensatable("reserve"),
//!     Step::compensatable("authorize"),
//!     Step::pivot("capture"),
//!     Step::retriable("ship"),
//! ]);
//! assert_eq!(FULFILMENT.to_string(), "fulfilment v1: reserve, authorize, (capture), ship");
//! ```
//!
//! A list that could not be taken back does not compile:
//!
//! ```compile_fail
//! # use outgrow::saga::{Saga, Step};
//! static WRONG: Saga = Saga::new("wrong", 1, &[Step::retriable("ship"), Step::compensatable("reserve")]);
//! ```
//!
//! What every step must keep, whatever happens, and what a suite of the test kit holds every saga to: doing it twice
//! is doing it once; undoing it twice is undoing it once; undoing what was never done is possible, and prevents it
//! from being done later (its *tombstone*). Each has one idempotency key for all its repetitions.
//!
//! Sources: H. Garcia-Molina, K. Salem, *Sagas* (SIGMOD 1987); the kinds of steps are those of C. Richardson,
//! *Microservices Patterns* (2018), chapter 4. When to have one, and when not: ADR 0020.

mod course;
mod steps;

use std::{fmt, time::Duration};

pub use course::{Instance, Phase, Transition, Turn, Why};
pub use steps::{BUDGET, Stepped, Steps, Underway};

/// A saga, defined.
#[derive(Debug)]
pub struct Saga {
    /// Such as `fulfilment`: unique in its module.
    pub name: &'static str,
    /// Rises when its steps change. What has begun is ended by the steps it began with.
    pub version: u16,
    /// What is done, in this order.
    pub steps: &'static [Step],
    /// How it was before, for what began then.
    pub older: &'static [&'static Self],
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Such as `reserve`: unique in its saga. It is part of the idempotency key.
    pub name: &'static str,
    /// What its failure means.
    pub kind: StepKind,
    /// How long it is tried, by the clock of the store, before it counts as failed; without one, for ever. Undoing it
    /// is tried for a day.
    pub patience: Option<Duration>,
    /// Whether the module does it itself, in the transaction that says so: nobody else can have done it.
    pub at_home: bool,
}

/// What the failure of a step means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// It can be undone. Refused, or out of patience, it turns the saga back.
    Compensatable,
    /// Once it is done there is no turning back. Refused, it turns the saga back; out of patience, nobody knows
    /// whether it was done, and people have to look.
    Pivot,
    /// It succeeds in the end. Refused, or out of patience, people have to look.
    Retriable,
}

impl Step {
    /// A step that can be undone.
    pub const fn compensatable(name: &'static str) -> Self {
        Self { name, kind: StepKind::Compensatable, patience: None, at_home: false }
    }

    /// The step after which there is no turning back.
    pub const fn pivot(name: &'static str) -> Self {
        Self { name, kind: StepKind::Pivot, patience: None, at_home: false }
    }

    /// A step that succeeds in the end.
    pub const fn retriable(name: &'static str) -> Self {
        Self { name, kind: StepKind::Retriable, patience: None, at_home: false }
    }

    /// The same, tried for so long.
    #[must_use]
    pub const fn within(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    /// The same, done by the module itself: it cannot be [skipped](Turn::Skipped), since what it changes would stay
    /// undone.
    #[must_use]
    pub const fn at_home(self) -> Self {
        Self { at_home: true, ..self }
    }
}

impl Saga {
    /// The saga of these steps.
    ///
    /// # Panics
    /// When it is built (in a `static`: when it is compiled), if it has no step or more than 32, if two share a name,
    /// or unless the steps that can be undone come first, then at most one pivot, then those that succeed in the end.
    pub const fn new(name: &'static str, version: u16, steps: &'static [Step]) -> Self {
        assert!(!steps.is_empty() && steps.len() <= 32, "a saga has 1 to 32 steps");
        let mut rest = steps;
        while let [step, after @ ..] = rest {
            if let [next, ..] = after {
                let goes_on = matches!(
                    (step.kind, next.kind),
                    (StepKind::Compensatable, _)
                        | (StepKind::Pivot | StepKind::Retriable, StepKind::Retriable)
                );
                assert!(
                    goes_on,
                    "compensatable steps come first, then at most one pivot, then retriable ones"
                );
            }
            let mut others = after;
            while let [other, more @ ..] = others {
                assert!(!same(step.name, other.name), "two steps of a saga share a name");
                others = more;
            }
            rest = after;
        }
        Self { name, version, steps, older: &[] }
    }

    /// The same, which still knows how it was before.
    #[must_use]
    pub const fn after(self, older: &'static [&'static Self]) -> Self {
        Self { older, ..self }
    }

    /// How it is in this version; none if this build does not know that.
    pub fn of_version(&'static self, version: u16) -> Option<&'static Self> {
        std::iter::once(self).chain(self.older.iter().copied()).find(|saga| saga.version == version)
    }

    /// Every version that this build knows.
    pub fn versions(&'static self) -> impl Iterator<Item = u16> {
        std::iter::once(self.version).chain(self.older.iter().map(|saga| saga.version))
    }

    /// The last step up to this one that can be undone.
    fn undoable(&self, up_to: usize) -> Option<usize> {
        let steps = self.steps.get(..=up_to).unwrap_or(self.steps);
        steps.iter().rposition(|step| step.kind == StepKind::Compensatable)
    }
}

const fn same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([first, rest @ ..], [second, others @ ..]) = (one, other) {
        if *first != *second {
            return false;
        }
        (one, other) = (rest, others);
    }
    one.is_empty() && other.is_empty()
}

/// Such as `fulfilment v1: reserve, authorize, (capture), ship`, the pivot in brackets.
impl fmt::Display for Saga {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}:", self.name, self.version)?;
        for (i, step) in self.steps.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match step.kind {
                StepKind::Pivot => write!(f, "{comma} ({})", step.name)?,
                StepKind::Compensatable | StepKind::Retriable => write!(f, "{comma} {}", step.name)?,
            }
        }
        Ok(())
    }
}
