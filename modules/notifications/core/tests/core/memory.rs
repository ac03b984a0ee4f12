//! A store that keeps messages in memory and fails on demand, and a mailer that does as it is told.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, MutexGuard},
};

use async_trait::async_trait;
use notifications_contract::{MessageId, OrderId, Recipient};
use notifications_core::{Letter, Mailer, Message, MessageStore, Undelivered};
use outgrow::{CommitError, StoreError, event::Mark};
use time::OffsetDateTime;

#[derive(Default)]
pub(crate) struct MemoryMessageStore {
    kept: Mutex<Kept>,
    /// How the next commits fail.
    pub(crate) commits_fail: Mutex<VecDeque<Failure>>,
}

#[derive(Default)]
struct Kept {
    messages: BTreeMap<MessageId, Message>,
    /// How far the events of each key are handled.
    handled: HashMap<String, u64>,
}

/// How a commit fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// Nothing is committed.
    NotCommitted,
    /// It is committed, but the answer is lost.
    InDoubt,
}

impl MemoryMessageStore {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    fn failure(&self) -> Option<Failure> {
        self.commits_fail.lock().unwrap().pop_front()
    }

    fn commit(&self, change: impl FnOnce(&mut Kept) -> Result<(), CommitError>) -> Result<(), CommitError> {
        match self.failure() {
            Some(Failure::NotCommitted) => Err(CommitError::NotCommitted(StoreError::new("planted"))),
            Some(Failure::InDoubt) => {
                change(&mut self.kept())?;
                Err(CommitError::InDoubt(StoreError::new("planted")))
            }
            None => change(&mut self.kept()),
        }
    }
}

fn only_if(holds: bool) -> Result<(), CommitError> {
    if holds { Ok(()) } else { Err(CommitError::Conflict) }
}

#[async_trait]
impl MessageStore for MemoryMessageStore {
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        Ok(self.kept().messages.get(&id).cloned())
    }

    async fn sent(&self, order: OrderId) -> Result<Vec<Message>, StoreError> {
        let kept = self.kept();
        let about = kept.messages.values().filter(|message| message.order == order);
        Ok(about.filter(|message| message.sent_at.is_some()).cloned().collect())
    }

    async fn to_send(&self, after: Option<MessageId>, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        let kept = self.kept();
        let unsent = kept.messages.values().filter(|message| !message.is_settled());
        let unsent = unsent.map(|message| message.id).filter(|id| after.is_none_or(|after| *id > after));
        Ok(unsent.take(usize::try_from(limit).unwrap()).collect())
    }

    async fn intend(&self, message: Message, mark: Mark) -> Result<(), CommitError> {
        self.commit(|kept| {
            only_if(kept.handled.get(&mark.key).is_none_or(|handled| *handled < mark.sequence))?;
            let outcome = |other: &Message| (other.order, other.outcome);
            only_if(kept.messages.values().all(|other| outcome(other) != outcome(&message)))?;
            kept.handled.insert(mark.key, mark.sequence);
            kept.messages.insert(message.id, message);
            Ok(())
        })
    }

    async fn mark_sent(&self, id: MessageId, at: OffsetDateTime) -> Result<(), CommitError> {
        self.commit(|kept| {
            let unsent = kept.messages.get_mut(&id).filter(|message| message.sent_at.is_none());
            let message = unsent.ok_or(CommitError::Conflict)?;
            (message.sent_at, message.refused) = (Some(at), None);
            Ok(())
        })
    }

    async fn refused(&self, order: OrderId) -> Result<Vec<Message>, StoreError> {
        let kept = self.kept();
        let about = kept.messages.values().filter(|message| message.order == order);
        Ok(about.filter(|message| message.refused.is_some()).cloned().collect())
    }

    async fn mark_refused(&self, id: MessageId, why: &str) -> Result<(), CommitError> {
        self.commit(|kept| {
            let unsettled = kept.messages.get_mut(&id).filter(|message| !message.is_settled());
            unsettled.ok_or(CommitError::Conflict)?.refused = Some(why.to_owned());
            Ok(())
        })
    }
}

/// A mailer that can be away.
#[derive(Default)]
pub(crate) struct Postman {
    /// The letters that were brought, with their ids.
    pub(crate) brought: Mutex<Vec<(MessageId, String)>>,
    /// What happens to the next letters.
    pub(crate) script: Mutex<VecDeque<Fate>>,
}

/// What happens to a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It does not leave.
    Away,
    /// It is brought, but nobody hears of that.
    Lost,
    /// It would not be brought, however often it was tried.
    Refused,
}

#[async_trait]
impl Mailer for Postman {
    async fn send(&self, id: MessageId, _to: &Recipient, letter: &Letter) -> Result<(), Undelivered> {
        let fate = self.script.lock().unwrap().pop_front();
        if matches!(fate, None | Some(Fate::Lost)) {
            self.brought.lock().unwrap().push((id, letter.text.clone()));
        }
        match fate {
            None => Ok(()),
            Some(Fate::Away | Fate::Lost) => Err(Undelivered::Unavailable("planted".to_owned())),
            Some(Fate::Refused) => Err(Undelivered::Refused("planted".to_owned())),
        }
    }
}
