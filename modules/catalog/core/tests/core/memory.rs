//! A store that keeps products in memory, loses races on demand and fails on demand.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use catalog_contract::{Product, Sku};
use catalog_core::{Change, Entry, ProductStore, Which};
use outgrow::{Answers, CommitError, StoreError};
use outgrow_testkit::MemoryAnswers;

#[derive(Default)]
pub(crate) struct MemoryProductStore {
    kept: Mutex<Kept>,
    answers: MemoryAnswers,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Failure>>,
}

#[derive(Default)]
struct Kept {
    entries: BTreeMap<Sku, Entry>,
}

/// How a commit fails.
pub(crate) enum Failure {
    /// Somebody else commits this first.
    Overtaken(Box<Change>),
    /// Nothing is committed.
    NotCommitted,
    /// It is committed, but the answer is lost.
    InDoubt,
}

impl MemoryProductStore {
    /// One that cannot be read.
    pub(crate) fn unreadable() -> Self {
        Self { answers: MemoryAnswers::unreadable(), ..Self::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
}

#[async_trait]
impl ProductStore for MemoryProductStore {
    fn answers(&self) -> &dyn Answers {
        &self.answers
    }

    async fn entry(&self, sku: &Sku) -> Result<Option<Entry>, StoreError> {
        self.answers.readable()?;
        Ok(self.kept().entries.get(sku).cloned())
    }

    async fn products(&self, which: Which<'_>, limit: u32) -> Result<Vec<Product>, StoreError> {
        self.answers.readable()?;
        let kept = self.kept();
        let all = kept.entries.values().map(Entry::product);
        let asked = all.filter(|product| which.skus.is_empty() || which.skus.contains(&product.sku));
        let after = asked.filter(|product| which.after.is_none_or(|after| product.sku > *after));
        Ok(after.take(usize::try_from(limit).unwrap()).cloned().collect())
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        match self.commits_fail.lock().unwrap().pop_front() {
            None => self.kept().commit(change, &self.answers),
            Some(Failure::Overtaken(by)) => {
                let mut kept = self.kept();
                kept.commit(*by, &self.answers).unwrap();
                kept.commit(change, &self.answers)
            }
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::InDoubt) => {
                self.kept().commit(change, &self.answers)?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
        }
    }
}

impl Kept {
    fn commit(&mut self, change: Change, answers: &MemoryAnswers) -> Result<(), CommitError> {
        let Change { entry, answer } = change;
        let version = |entry: &Entry| self.entries.get(&entry.product().sku).map_or(0, Entry::version);
        if entry.as_ref().is_some_and(|entry| version(entry) != entry.version()) {
            return Err(CommitError::Conflict);
        }
        answers.remember(answer)?;
        if let Some(entry) = entry {
            let next = Entry::kept(entry.product().clone(), entry.version() + 1);
            self.entries.insert(entry.product().sku.clone(), next);
        }
        Ok(())
    }
}
