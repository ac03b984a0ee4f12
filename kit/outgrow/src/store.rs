//! What a core may learn from its store about a failure.
//!
//! A read either answers or fails. A commit has one more ending: the COMMIT itself was lost, and nobody knows. Only
//! what was certainly not committed may become [`NotExecuted`](crate::CallError::NotExecuted).

use std::{any::Any, error::Error, fmt, time::Duration};

use async_trait::async_trait;

use crate::{CommandId, Remembered};

/// The store did not do its part. The technology's own error is kept as the source.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the technology's own error.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store failed")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Why a change was not committed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else changed the same things first; nothing was committed. Look again and decide anew.
    #[error("somebody else was first")]
    Conflict,
    /// Nothing was committed.
    #[error("not committed")]
    NotCommitted(#[source] StoreError),
    /// The COMMIT was sent, but its answer was lost.
    #[error("perhaps committed")]
    InDoubt(#[source] StoreError),
}

/// The answers that a module's store remembers, so that a repeated command has its effect once.
///
/// They are written in the same transaction as the effects they answer for, and kept for seven days.
#[async_trait]
pub trait Answers: Send + Sync {
    /// What this command was answered before, if it was.
    async fn recall(&self, command: &CommandId) -> Result<Option<Remembered>, StoreError>;

    /// Begins to execute a command. While the same command is being executed in this process it waits, for at most
    /// `patience` (for ever without one), and is `None` if that was not long enough. To be held until the command has
    /// ended, whether or not its caller still waits: so nobody is told "nothing was changed" of what still goes on.
    ///
    /// Other processes are told apart by the store itself: the answer is written once.
    async fn begin(&self, command: &CommandId, patience: Option<Duration>) -> Option<Turn> {
        _ = (command, patience);
        Some(Turn::default())
    }

    /// A turn for a command that somebody else was faster than. Those who collided try again one after the other, in
    /// the order in which they asked: so each of them gets done, however many want the same thing.
    ///
    /// A store that is never crowded has a turn for everybody at once.
    async fn turn(&self) -> Turn {
        Turn::default()
    }
}

/// The right to execute, or to try again, given back when it is dropped.
#[derive(Default)]
pub struct Turn(Option<Box<dyn Any + Send>>);

impl Turn {
    /// A turn for as long as `held` is held.
    pub fn new(held: impl Any + Send) -> Self {
        Self(Some(Box::new(held)))
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Turn").field(&self.0.is_some()).finish()
    }
}
