//! The planted bugs: what somebody might get wrong in a store, a neighbour or a module. The laws must find each.
//!
//! Two mistakes are not here, because they are none: to take who is taken (leases spare work), and to forget how often
//! a step was tried (its patience goes by the clock).

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The store keeps a transition wherever the saga is.
    NoCompareAndSet,
    /// The store says that a transition is kept, whatever comes of its commit.
    AcknowledgedBeforeCommit,
    /// The trip and its saga begin in two transactions.
    BegunApart,
    /// The trip is called off in one transaction, its saga in another.
    CalledOffApart,
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
    pub(crate) const ALL: [Self; 11] = [
        Self::NoCompareAndSet,
        Self::AcknowledgedBeforeCommit,
        Self::BegunApart,
        Self::CalledOffApart,
        Self::EndedApart,
        Self::NotIdempotent,
        Self::NoTombstone,
        Self::DoubtIsRefusal,
        Self::DoubtIsSuccess,
        Self::KeyPerAttempt,
        Self::UndoneUnasked,
    ];
}
