//! The planted bugs: what somebody might get wrong in a store, a neighbour or a module. The laws must find each.
//!
//! Some mistakes are not here, because they are none: to take who is taken (leases spare work), to forget how often a
//! step was tried (its patience goes by the clock), to jot that a step was refused or given up, and to go on with a
//! transition that was not kept (it comes to the same again). One is too rare to be found here: to compare revisions
//! only, which a loss of power takes back and others give again. `adapter-sql` makes it happen.

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// What this writes is jotted, rather than written.
    Jotted(&'static str),
    /// Power takes back what lasts.
    TakenBackTooFar,
    /// The store keeps a transition wherever the saga is.
    NoCompareAndSet,
    /// The trip and its saga begin in two transactions.
    BegunApart,
    /// The trip is called off in one transaction, its saga in another.
    CalledOffApart,
    /// What is called off is undone from the step that it is known to be at.
    UndoneAsFarAsNoted,
    /// The trip ends in one transaction, its saga in another.
    EndedApart,
    /// A neighbour that is asked again does it again.
    NotIdempotent,
    /// A neighbour that is to undo what it has not done forgets that it was asked.
    NoTombstone,
    /// A step that nobody knows the end of counts as refused.
    DoubtIsRefusal,
    /// A step that nobody knows the end of counts as done.
    DoubtIsSuccess,
    /// Each attempt at a step asks under a key of its own.
    KeyPerAttempt,
    /// A step that is undone says so before it was.
    UndoneUnasked,
}

impl Bug {
    pub(crate) const ALL: [Self; 16] = [
        Self::Jotted("plan"),
        Self::Jotted("call off"),
        Self::Jotted("answer"),
        Self::Jotted("arrive"),
        Self::TakenBackTooFar,
        Self::NoCompareAndSet,
        Self::BegunApart,
        Self::CalledOffApart,
        Self::UndoneAsFarAsNoted,
        Self::EndedApart,
        Self::NotIdempotent,
        Self::NoTombstone,
        Self::DoubtIsRefusal,
        Self::DoubtIsSuccess,
        Self::KeyPerAttempt,
        Self::UndoneUnasked,
    ];
}
