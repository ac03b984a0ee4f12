//! A store that keeps payments in memory, and fails on demand.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use outgrow::{Answers, CommitError, Event as _, Outgoing, StoreError};
use outgrow_testkit::MemoryAnswers;
use payments_contract::{Payment as Shown, PaymentEvent, PaymentId};
use payments_core::{Change, Payment, PaymentStore, Record, Stream, Transfer};

#[derive(Default)]
pub(crate) struct MemoryPaymentStore {
    kept: Mutex<Kept>,
    answers: MemoryAnswers,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Option<Failure>>>,
}

#[derive(Default)]
struct Kept {
    records: BTreeMap<PaymentId, Vec<Record>>,
    snapshots: BTreeMap<PaymentId, Payment>,
    overview: BTreeMap<PaymentId, Shown>,
    transfers: Vec<Transfer>,
    events: Vec<Outgoing>,
}

/// How a commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is committed.
    NotCommitted,
    /// It is committed, but the answer is lost.
    InDoubt,
    /// The process dies before it: the commit never ends.
    Died,
}

impl MemoryPaymentStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    /// What was told, oldest first.
    pub(crate) fn told(&self) -> Vec<PaymentEvent> {
        let read = |event: &Outgoing| PaymentEvent::from_json(&event.kind, &event.data).unwrap().unwrap();
        self.kept().events.iter().map(read).collect()
    }

    /// What moved.
    pub(crate) fn transfers(&self) -> Vec<Transfer> {
        self.kept().transfers.clone()
    }

    fn keep(&self, change: Change) -> Result<(), CommitError> {
        let snapshot = change.snapshot().cloned();
        let Change { payment, record, transfer, event, answer } = change;
        let mut kept = self.kept();
        let next = kept.records.get(&payment.id).map_or(1, |records| records.len() + 1);
        if record.is_some() && u32::try_from(next).ok() != Some(payment.version) {
            return Err(CommitError::Conflict);
        }
        answer.map_or(Ok(()), |answer| self.answers.remember(answer))?;
        if let Some(record) = record {
            kept.overview.insert(payment.id, payment.shown());
            kept.records.entry(payment.id).or_default().push(record);
        }
        kept.snapshots.extend(snapshot.map(|snapshot| (snapshot.id, snapshot)));
        kept.transfers.extend(transfer);
        kept.events.extend(event);
        Ok(())
    }
}

#[async_trait]
impl PaymentStore for MemoryPaymentStore {
    fn answers(&self) -> &dyn Answers {
        &self.answers
    }

    async fn stream(&self, id: PaymentId) -> Result<Stream, StoreError> {
        let kept = self.kept();
        let snapshot = kept.snapshots.get(&id).cloned();
        let read = snapshot.as_ref().map_or(0, |snapshot| usize::try_from(snapshot.version).unwrap());
        let tail = kept.records.get(&id).map(|records| records[read..].to_vec()).unwrap_or_default();
        Ok(Stream { snapshot, tail })
    }

    async fn overview(&self, id: PaymentId) -> Result<Option<Shown>, StoreError> {
        Ok(self.kept().overview.get(&id).cloned())
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let failure = self.commits_fail.lock().unwrap().pop_front().flatten();
        match failure {
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::InDoubt) => {
                self.keep(change)?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
            Some(Failure::Died) => std::future::pending().await,
            None => self.keep(change),
        }
    }
}
