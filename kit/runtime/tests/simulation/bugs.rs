//! The planted bugs: what somebody might get wrong in a store, a courier or a module. The laws must find each.
//!
//! Some mistakes are not here, because they are none: to settle, or to begin, at the term of a lease that somebody else
//! holds by now, and to jot leases: they spare work; what keeps effects single are the marks. And to jot the mark of an
//! event without effects, or that one is parked: it comes to the same again.

/// One mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// What this writes is jotted, rather than written.
    Jotted(&'static str),
    /// Power takes back what lasts.
    TakenBackTooFar,
    /// The inbox says that it has the events, whatever comes of its commit.
    AcknowledgedBeforeCommit,
    /// The outbox forgets what it hands to a relay.
    SettledBeforeDelivery,
    /// The courier says that all arrived when a part did.
    SettledWholeWindow,
    /// The outbox settles all up to the last id, rather than exactly these.
    SettledByWatermark,
    /// The inbox takes what was handled before.
    PositionNotAsked,
    /// The inbox begins anew with an event that comes again.
    ParkedRevived,
    /// Every event in the inbox is ready, whatever came before it.
    ReadyAtOnce,
    /// The mark is committed after the effects, by itself.
    MarkedApart,
    /// The mark is content when there was nothing left to mark.
    MarkNotChecked,
    /// The mark does not move the position on.
    PositionNotMoved,
    /// The mark does not make the next event ready.
    NextForgotten,
    /// What is parked keeps other keys waiting.
    ParkedBlocksAll,
    /// What is parked and skipped keeps its own key waiting.
    SkippedBlocks,
    /// An attempt is counted when it has failed, not when it begins.
    AttemptsCountedLate,
    /// What was tried when the process died is tried together with others.
    TriedInCompany,
    /// The event is committed before the change it tells of.
    PublishedBefore,
    /// The event is committed after the change it tells of.
    PublishedAfter,
    /// Numbers are given outside of the transaction.
    NumberedApart,
    /// A subscriber that was left out is not told which event it was told before.
    PreviousUnsaid,
    /// A subscriber that comes back is told as if it were the first time.
    ToldAnew,
    /// The mark makes the next number ready, rather than the event that follows.
    NextByNumber,
}
