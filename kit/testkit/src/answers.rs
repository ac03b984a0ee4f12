//! The part of a store that remembers answers, in memory.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use outgrow::{Answers, CommandId, CommitError, Remembered, StoreError};

/// Remembers answers as a store does, without its other half: the effects.
#[derive(Debug, Default)]
pub struct MemoryAnswers {
    kept: Mutex<HashMap<CommandId, Remembered>>,
    unreadable: bool,
}

impl MemoryAnswers {
    /// Those of a store that cannot be read.
    pub fn unreadable() -> Self {
        Self { unreadable: true, ..Self::default() }
    }

    /// To be asked before each read of the store that these belong to.
    ///
    /// # Errors
    /// When they are [`unreadable`](Self::unreadable).
    pub fn readable(&self) -> Result<(), StoreError> {
        if self.unreadable { Err(StoreError::new("planted")) } else { Ok(()) }
    }

    /// Remembers one more. To be called last, when nothing else can go wrong.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when the command was answered before.
    pub fn remember(&self, answer: Remembered) -> Result<(), CommitError> {
        let mut kept = self.kept();
        if kept.contains_key(&answer.command) {
            return Err(CommitError::Conflict);
        }
        kept.insert(answer.command.clone(), answer);
        Ok(())
    }

    #[expect(clippy::unwrap_used, reason = "a test that panicked has failed")]
    fn kept(&self) -> MutexGuard<'_, HashMap<CommandId, Remembered>> {
        self.kept.lock().unwrap()
    }
}

#[async_trait]
impl Answers for MemoryAnswers {
    async fn recall(&self, command: &CommandId) -> Result<Option<Remembered>, StoreError> {
        self.readable()?;
        Ok(self.kept().get(command).cloned())
    }
}
