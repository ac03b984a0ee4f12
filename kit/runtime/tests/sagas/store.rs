//! A process's session with its home: as the SQL of `adapter-sql` does it, with commits that are lost.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use outgrow::{
    CommitError, Saga, StoreError,
    saga::{Instance, Transition, Turn},
};
use outgrow_runtime::{
    Bell,
    finish::finish,
    sagas::{LEASE, SagaStore},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    bugs::Bug,
    disk::Lasts,
    home::{Kept, Tables},
    life::Life,
};

pub(crate) struct Session(pub(crate) Arc<Life>);

impl Session {
    /// One transaction, finished whoever waits, which may not be committed, or not be known to be.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        self.commit(what, Lasts::of_write(what, &self.0.fate), work).await
    }

    /// The same for what a loss of power may take back.
    async fn jot<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        self.commit(what, Lasts::UnlessPowerIsLost, work).await
    }

    async fn commit<T: Send + 'static>(
        &self,
        what: &'static str,
        lasts: Lasts,
        work: impl FnOnce(&mut Tables) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        let life = self.0.clone();
        let write = finish(async move {
            life.step().await;
            let fate = &life.fate;
            if fate.one_in(40) {
                fate.happened("a write was not committed", format_args!("{}: {what}", life.name));
                return Err(CommitError::NotCommitted(StoreError::new("planted")));
            }
            if fate.one_in(60) {
                fate.happened("a COMMIT was lost", format_args!("{}: {what}", life.name));
                return Err(CommitError::InDoubt(StoreError::new("planted")));
            }
            let done = life.home.transact(what, lasts, fate, work)?;
            fate.note(|| format!("{}: {what}", life.name));
            life.home.ring();
            if lasts == Lasts::UnlessPowerIsLost && fate.one_in(20) {
                fate.cut_power();
            }
            if fate.one_in(40) {
                fate.happened("the answer to a COMMIT was lost", format_args!("{}: {what}", life.name));
                return Err(CommitError::InDoubt(StoreError::new("planted")));
            }
            life.step().await;
            Ok(done)
        });
        write.await.expect("no write panics")
    }

    async fn look<T>(&self, look: impl FnOnce(&Tables) -> T) -> Result<T, StoreError> {
        self.0.step().await;
        if self.0.fate.one_in(60) {
            self.0.fate.happened("a read failed", &self.0.name);
            return Err(StoreError::new("planted"));
        }
        Ok(self.0.home.read(look))
    }
}

/// What of the place where a transition was decided has to be as it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    Place,
    Nothing,
}

impl Compared {
    pub(crate) fn by(life: &Life) -> Self {
        if life.fate.has(Bug::NoCompareAndSet) { Self::Nothing } else { Self::Place }
    }

    fn same(self, at: &Instance, now: &Instance) -> bool {
        let place = |instance: &Instance| (instance.phase, instance.step, instance.round, instance.parked);
        match self {
            Self::Place => at.revision == now.revision && place(at) == place(now),
            Self::Nothing => true,
        }
    }
}

/// Keeps a transition, in a transaction: what it leads to follows from where it was decided, as in SQL.
pub(crate) fn advance(
    tables: &mut Tables,
    transition: &Transition,
    compared: Compared,
) -> Result<Option<Instance>, CommitError> {
    let now = tables.sagas.get(&transition.id).map(|kept| kept.instance.clone());
    let before = match &transition.at {
        Some(at) if now.as_ref().is_some_and(|now| compared.same(at, now)) => Some(at.clone()),
        Some(_) => return Err(CommitError::Conflict),
        None => now,
    };
    let after = transition.apply(before.as_ref())?;
    let Some(after) = after else { return Ok(None) };
    let now = Instant::now();
    let next_at = if transition.at.is_some() { now + LEASE } else { now };
    let since = match tables.sagas.get(&transition.id) {
        Some(kept) if matches!(transition.turn, Turn::Parked(_)) => kept.since,
        _ => now,
    };
    tables.sagas.insert(transition.id, Kept { instance: after.clone(), next_at, since });
    Ok(Some(after))
}

fn read(kept: &Kept) -> Instance {
    Instance { waited: kept.since.elapsed(), ..kept.instance.clone() }
}

#[async_trait]
impl SagaStore for Session {
    fn bell(&self) -> Bell {
        let bell = Bell::default();
        self.0.home.bells.lock().unwrap().push(bell.clone());
        bell
    }

    async fn any_due(&self, _: &'static Saga) -> Result<bool, StoreError> {
        let now = Instant::now();
        self.look(|tables| tables.sagas.values().any(|kept| kept.instance.live() && kept.next_at <= now))
            .await
    }

    async fn take(
        &self,
        _: &'static Saga,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Instance>, CommitError> {
        self.jot("take", move |tables| {
            let now = Instant::now();
            let due = tables.sagas.values_mut().filter(|kept| kept.instance.live() && kept.next_at <= now);
            let taken = due.take(usize::try_from(limit).unwrap()).map(|kept| {
                kept.instance.attempts += 1;
                kept.instance.lost += 1;
                kept.next_at = now + lease;
                read(kept)
            });
            Ok(taken.collect())
        })
        .await
    }

    async fn instance(&self, _: &'static Saga, id: Uuid) -> Result<Option<Instance>, StoreError> {
        self.look(|tables| tables.sagas.get(&id).map(read)).await
    }

    async fn advance(&self, transition: Transition) -> Result<Option<Instance>, CommitError> {
        let compared = Compared::by(&self.0);
        let (word, jotted) = (transition.turn.word(), transition.comes_again());
        let word = if !jotted && transition.turn == Turn::Did { "arrive" } else { word };
        let keep = move |tables: &mut Tables| advance(tables, &transition, compared);
        if jotted { self.jot(word, keep).await } else { self.write(word, keep).await }
    }

    async fn put_off(
        &self,
        _: &'static Saga,
        at: &Instance,
        why: Option<&str>,
        pause: Duration,
    ) -> Result<(), CommitError> {
        let (at, why) = (at.clone(), why.map(ToOwned::to_owned));
        self.jot("put off", move |tables| {
            let theirs = |now: &Instance| (now.revision, now.attempts) == (at.revision, at.attempts);
            if let Some(kept) = tables.sagas.get_mut(&at.id).filter(|kept| theirs(&kept.instance)) {
                kept.next_at = Instant::now() + pause;
                kept.instance.lost = 0;
                kept.instance.trouble = why.or(kept.instance.trouble.take());
            }
            Ok(())
        })
        .await
    }
}
