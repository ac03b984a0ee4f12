//! A store that keeps products in memory, loses races on demand and fails on demand.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use catalog_contract::{Product, Sku};
use catalog_core::{Change, Entry, ProductStore, Which};
use outgrow::{Answers, CommandId, CommitError, Remembered, StoreError};

#[derive(Default)]
pub(crate) struct MemoryProductStore {
    kept: Mutex<Kept>,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Failure>>,
    unreadable: bool,
}

#[derive(Default)]
struct Kept {
    entries: BTreeMap<Sku, Entry>,
    answers: HashMap<CommandId, Remembered>,
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
        Self { unreadable: true, ..Self::default() }
    }

    fn readable(&self) -> Result<(), StoreError> {
        if self.unreadable { Err(StoreError::new("planted")) } else { Ok(()) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
}

#[async_trait]
impl Answers for MemoryProductStore {
    async fn recall(&self, command: &CommandId) -> Result<Option<Remembered>, StoreError> {
        self.readable()?;
        Ok(self.kept().answers.get(command).cloned())
    }
}

#[async_trait]
impl ProductStore for MemoryProductStore {
    async fn entry(&self, sku: &Sku) -> Result<Option<Entry>, StoreError> {
        self.readable()?;
        Ok(self.kept().entries.get(sku).cloned())
    }

    async fn products(&self, which: Which<'_>, limit: u32) -> Result<Vec<Product>, StoreError> {
        self.readable()?;
        let kept = self.kept();
        let all = kept.entries.values().map(Entry::product);
        let asked = all.filter(|product| which.skus.is_empty() || which.skus.contains(&product.sku));
        let after = asked.filter(|product| which.after.is_none_or(|after| product.sku > *after));
        Ok(after.take(usize::try_from(limit).unwrap()).cloned().collect())
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        match self.commits_fail.lock().unwrap().pop_front() {
            None => self.kept().commit(change),
            Some(Failure::Overtaken(by)) => {
                let mut kept = self.kept();
                kept.commit(*by).unwrap();
                kept.commit(change)
            }
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::InDoubt) => {
                self.kept().commit(change)?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
        }
    }
}

impl Kept {
    fn commit(&mut self, Change { entry, answer }: Change) -> Result<(), CommitError> {
        let version = |entry: &Entry| self.entries.get(&entry.product().sku).map_or(0, Entry::version);
        let stale = entry.as_ref().is_some_and(|entry| version(entry) != entry.version());
        if stale || self.answers.contains_key(&answer.command) {
            return Err(CommitError::Conflict);
        }
        if let Some(entry) = entry {
            let next = Entry::kept(entry.product().clone(), entry.version() + 1);
            self.entries.insert(entry.product().sku.clone(), next);
        }
        self.answers.insert(answer.command.clone(), answer);
        Ok(())
    }
}
