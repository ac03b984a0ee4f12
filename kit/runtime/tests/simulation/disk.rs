//! The disk of a home: what was committed, and what of it a loss of power takes back (ADR 0023).
//!
//! A commit either lasts, and makes all before it last, or it was jotted. Power takes back the last of those that were
//! jotted since, as many as chance has it: each as a whole, none without those after it.

use std::mem::replace;

use outgrow::CommitError;

use crate::{bugs::Bug, fate::Fate};

/// What a commit outlasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// Everything: `Db::write`.
    Always,
    /// Every process: `Db::handle`.
    UnlessPowerIsLost,
}

impl Lasts {
    /// As `Db::write` does, unless this write is the one that is wrongly jotted.
    pub(crate) fn of_write(what: &'static str, fate: &Fate) -> Self {
        if fate.has(Bug::Jotted(what)) { Self::UnlessPowerIsLost } else { Self::Always }
    }
}

#[derive(Default)]
pub(crate) struct Disk<T> {
    /// What everybody reads.
    pub(crate) tables: T,
    /// What was jotted since the last commit that lasts, and what was there before.
    jotted: Vec<(&'static str, T)>,
}

impl<T: Clone> Disk<T> {
    /// One transaction: all of it or nothing.
    pub(crate) fn transact<R>(
        &mut self,
        what: &'static str,
        lasts: Lasts,
        fate: &Fate,
        work: impl FnOnce(&mut T) -> Result<R, CommitError>,
    ) -> Result<R, CommitError> {
        let mut after = self.tables.clone();
        let done = work(&mut after)?;
        self.jotted.push((what, replace(&mut self.tables, after)));
        if lasts == Lasts::Always && !fate.has(Bug::TakenBackTooFar) {
            self.jotted.clear();
        }
        Ok(done)
    }

    /// The power is lost, and comes back; each commit that is taken back counts as what went wrong. Returns what was
    /// there before, if some of that is gone now.
    pub(crate) fn lose_power(&mut self, whose: &str, fate: &Fate) -> Option<T> {
        let kept = usize::try_from(fate.below((self.jotted.len() + 1).try_into().unwrap())).unwrap();
        for (what, _) in self.jotted.iter().skip(kept) {
            fate.happened(what, format_args!("{whose} takes back"));
        }
        let (_, left) = self.jotted.drain(..).nth(kept)?;
        Some(replace(&mut self.tables, left))
    }
}
