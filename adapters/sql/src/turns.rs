//! Whose turn it is among the commands of one home, in this process.
//!
//! The store alone keeps what is true: it writes each answer once, whoever raced. Turns only spare those who would
//! lose: a repeat waits for the command it repeats, and those who collided go one after the other.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use outgrow::{CommandId, Turn};
use tokio::{
    sync::{self, Notify},
    time::timeout_at,
};

#[derive(Clone, Default)]
pub(crate) struct Turns {
    executing: Arc<Executing>,
    collided: Arc<sync::Mutex<()>>,
}

#[derive(Default)]
struct Executing {
    commands: Mutex<HashSet<CommandId>>,
    ended: Notify,
}

/// One command being executed.
struct Execution {
    all: Arc<Executing>,
    command: CommandId,
}

impl Turns {
    /// A turn for this command, once nobody else executes it; none if that took longer than `patience`.
    pub(crate) async fn begin(&self, command: &CommandId, patience: Option<Duration>) -> Option<Turn> {
        let end = patience.and_then(|patience| Instant::now().checked_add(patience));
        loop {
            // Made before looking, so that an end in between is not missed.
            let ended = self.executing.ended.notified();
            if self.executing.commands().insert(command.clone()) {
                let (all, command) = (Arc::clone(&self.executing), command.clone());
                return Some(Turn::new(Execution { all, command }));
            }
            match end {
                None => ended.await,
                Some(end) => timeout_at(end.into(), ended).await.ok()?,
            }
        }
    }

    /// The next turn of those who collided: one at a time, first come, first served.
    pub(crate) async fn next(&self) -> Turn {
        Turn::new(Arc::clone(&self.collided).lock_owned().await)
    }
}

impl Executing {
    fn commands(&self) -> MutexGuard<'_, HashSet<CommandId>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.all.commands().remove(&self.command);
        self.all.ended.notify_waiters();
    }
}
