//! What happens to a message after it was written: it is sent, then it is kept that it was.
//!
//! Whoever dies before the sending leaves it to be sent; whoever dies between the two leaves it to be sent again, under
//! the same id. No order of the two would be better: a letter that is certainly never doubled may never be sent. One
//! that the mailer will never bring is kept with the reason, and not tried again.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use notifications_contract::MessageId;
use outgrow::{Clock, CommitError, StoreError};

use crate::{Mailer, MessageStore, Undelivered};

/// How many messages one round looks at.
const ROUND: u32 = 256;

/// Sends the messages that are to be sent.
#[derive(Clone)]
pub struct Sending {
    messages: Arc<dyn MessageStore>,
    mailer: Arc<dyn Mailer>,
    clock: Arc<dyn Clock>,
    /// The last message of the round before: the next begins behind it, with those that are new, and goes on with the
    /// oldest. So messages that cannot be sent keep nobody from their turn.
    last: Arc<Mutex<Option<MessageId>>>,
    /// What was sent by this process and could not be kept: only that is left to do, while the process lives.
    unkept: Arc<Mutex<BTreeSet<MessageId>>>,
    /// Whether it was said that messages wait, since the last one was sent.
    said: Arc<AtomicBool>,
}

impl std::fmt::Debug for Sending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sending")
    }
}

/// Why a message is still to be sent, as far as is known.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
    #[error("the message could not be read")]
    Read(#[from] StoreError),
    #[error("what became of it could not be kept")]
    Commit(#[source] CommitError),
}

impl Sending {
    /// Sends the messages of this store by this mailer.
    pub fn new(messages: Arc<dyn MessageStore>, mailer: Arc<dyn Mailer>, clock: Arc<dyn Clock>) -> Self {
        Self { messages, mailer, clock, last: Arc::default(), unkept: Arc::default(), said: Arc::default() }
    }

    /// The messages to send now: round after round, each has its turn.
    pub async fn due(&self) -> Vec<MessageId> {
        match self.round().await {
            Ok(round) => round,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "messages could not be read");
                Vec::new()
            }
        }
    }

    async fn round(&self) -> Result<Vec<MessageId>, StoreError> {
        let after = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut round = self.messages.to_send(after, ROUND).await?;
        let room = usize::try_from(ROUND).unwrap_or_default().saturating_sub(round.len());
        if let Some(after) = after.filter(|_| room > 0) {
            let oldest = self.messages.to_send(None, ROUND).await?;
            round.extend(oldest.into_iter().filter(|id| *id <= after).take(room));
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = round.last().copied();
        Ok(round)
    }

    /// Sends one message. False if it is still to be sent.
    pub async fn send(&self, id: MessageId) -> bool {
        match self.try_to_send(id).await {
            Ok(()) => {
                self.said.store(false, Relaxed);
                true
            }
            Err(unsent) => {
                self.say(id, &unsent);
                false
            }
        }
    }

    /// Says that a message waits, once until one is sent: who is away is away for all of them.
    fn say(&self, id: MessageId, unsent: &Unsent) {
        let source = std::error::Error::source(unsent);
        if self.said.swap(true, Relaxed) {
            tracing::debug!(%id, %unsent, ?source, "a message waits");
        } else {
            tracing::warn!(%id, %unsent, ?source, "a message waits; others that wait are not named");
        }
    }

    async fn try_to_send(&self, id: MessageId) -> Result<(), Unsent> {
        let Some(message) = self.messages.message(id).await? else { return Ok(()) };
        if message.is_settled() {
            self.unkept().remove(&id);
            return Ok(());
        }
        if !self.unkept().contains(&id) {
            match self.mailer.send(id, &message.to, &message.letter).await {
                Ok(()) => _ = self.unkept().insert(id),
                Err(Undelivered::Refused(why)) => return self.give_up(id, &why).await,
                Err(unavailable @ Undelivered::Unavailable(_)) => return Err(unavailable.into()),
            }
        }
        match self.messages.mark_sent(id, self.clock.now()).await {
            // Somebody else had sent it, too; whoever got it twice can tell by its id.
            Ok(()) | Err(CommitError::Conflict) => {
                self.unkept().remove(&id);
                Ok(())
            }
            Err(error @ (CommitError::NotCommitted(_) | CommitError::InDoubt(_))) => {
                Err(Unsent::Commit(error))
            }
        }
    }

    /// Keeps that a message will never be sent. Who cannot keep that will be told so again.
    async fn give_up(&self, id: MessageId, why: &str) -> Result<(), Unsent> {
        match self.messages.mark_refused(id, why).await {
            Ok(()) => tracing::warn!(%id, why, "a message will never be sent"),
            // Somebody else has found out, or has sent it after all.
            Err(CommitError::Conflict) => {}
            Err(error @ (CommitError::NotCommitted(_) | CommitError::InDoubt(_))) => {
                return Err(Unsent::Commit(error));
            }
        }
        Ok(())
    }

    fn unkept(&self) -> MutexGuard<'_, BTreeSet<MessageId>> {
        self.unkept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
