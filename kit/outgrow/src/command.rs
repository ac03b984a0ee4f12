//! Idempotent commands: the same command under the same key has its effect once and gets the same answer.
//!
//! The core decides, the store remembers: [`execute`] looks for a remembered answer, else lets the core decide and
//! commit *effects and answer together*, and decides anew when somebody else was first. Of two calls with one key, the
//! second waits for the first and finds its answer; what two processes execute at once is settled by the store.

use std::error::Error as _;

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    Answer, CallContext, CallError, Cause, CauseKind, CommitError, Message, Method, Refusal, StoreError,
    store::Answers, typed,
};

/// How often [`execute`] decides anew when others keep being first.
pub const ATTEMPTS: usize = 32;

/// Which command this is: a key is the caller's own, per principal, calling module and method.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandId {
    /// On whose behalf; empty is anonymous.
    pub principal: String,
    /// The calling module.
    pub caller: String,
    /// Such as `inventory.v1.Inventory/Reserve`.
    pub method: String,
    /// The idempotency key.
    pub key: String,
}

/// A hash of the request. Two requests with one key are told apart by it; it is not a defence against forgery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub Uuid);

impl Fingerprint {
    /// The fingerprint of an encoded request (UUID version 5: SHA-1 cut to 122 bits).
    pub fn of(body: &[u8]) -> Self {
        Self(Uuid::new_v5(&Uuid::NAMESPACE_OID, body))
    }
}

/// What a command was answered: kept in the transaction that had its effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Which command.
    pub command: CommandId,
    /// What it asked.
    pub fingerprint: Fingerprint,
    /// Whether the answer is a refusal.
    pub refused: bool,
    /// The encoded answer or refusal.
    pub body: Bytes,
}

/// One command being executed.
#[derive(Clone, Debug)]
pub struct Command {
    id: CommandId,
    fingerprint: Fingerprint,
    method: &'static Method,
}

impl Command {
    /// The command that `cx` asks for. Without an idempotency key it is a bad request.
    pub fn of<Q: Message>(cx: &CallContext, method: &'static Method, request: &Q) -> Result<Self, Cause> {
        let key = cx.key().ok_or_else(|| {
            Cause::new(
                CauseKind::BadRequest,
                format!("{method} is an idempotent command: it needs an idempotency key"),
            )
        })?;
        let id = CommandId {
            principal: cx.principal().unwrap_or_default().to_owned(),
            caller: cx.caller().to_owned(),
            method: method.to_string(),
            key: key.to_string(),
        };
        Ok(Self { id, fingerprint: Fingerprint::of(&request.to_bytes()), method })
    }

    /// Which command this is.
    pub fn id(&self) -> &CommandId {
        &self.id
    }

    /// What is to be remembered of this decision. Commit it together with its effects.
    pub fn remember<T: Message, E: Refusal>(&self, decision: &Result<T, E>) -> Remembered {
        let (refused, body) = match decision {
            Ok(answer) => (false, answer.to_bytes()),
            Err(refusal) => (true, refusal.to_bytes()),
        };
        Remembered { command: self.id.clone(), fingerprint: self.fingerprint, refused, body }
    }

    fn replay<T: Message, E: Refusal>(&self, remembered: &Remembered) -> Answer<T, E> {
        if remembered.fingerprint != self.fingerprint {
            let detail = "this idempotency key was used before with another request";
            return Err(CallError::not_executed(CauseKind::KeyReused, detail));
        }
        if !remembered.refused {
            return typed(self.method, Ok(remembered.body.clone()));
        }
        match E::from_bytes(&remembered.body) {
            Ok(refusal) => Err(CallError::Refused(refusal)),
            Err(error) => Err(CallError::in_doubt(CauseKind::BadAnswer, error.to_string())),
        }
    }
}

/// Why one attempt ended without a decision. Made by `?` from what stores and needs return.
#[derive(Debug)]
pub enum Undecided {
    /// Somebody else was first: look again.
    Conflict,
    /// Nothing was changed.
    NotExecuted(Cause),
    /// Something may have been changed.
    InDoubt(Cause),
}

impl From<CommitError> for Undecided {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::NotCommitted(source) => Self::NotExecuted(storage(&source)),
            CommitError::InDoubt(source) => Self::InDoubt(storage(&source)),
        }
    }
}

impl From<StoreError> for Undecided {
    fn from(error: StoreError) -> Self {
        Self::NotExecuted(storage(&error))
    }
}

/// What a query answers when its store failed.
impl<E> From<StoreError> for CallError<E> {
    fn from(error: StoreError) -> Self {
        Self::NotExecuted(storage(&error))
    }
}

fn storage(error: &StoreError) -> Cause {
    let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Cause::new(CauseKind::Storage, why)
}

/// What this command was answered, if it was: for a version of a port that is now answered by a newer one, and whose
/// own answers are still remembered.
pub async fn answered<Q: Message + Sync, T: Message, E: Refusal>(
    cx: &CallContext,
    method: &'static Method,
    request: &Q,
    answers: &dyn Answers,
) -> Option<Answer<T, E>> {
    let command = match Command::of(cx, method, request) {
        Ok(command) => command,
        Err(cause) => return Some(Err(CallError::NotExecuted(cause))),
    };
    match answers.recall(&command.id).await {
        Ok(remembered) => Some(command.replay(&remembered?)),
        Err(error) => Some(Err(error.into())),
    }
}

/// Executes an idempotent command: answers what was answered before, else lets `attempt` decide and commit.
///
/// While the same command is being executed it waits, for nine tenths of its time budget: the rest is for saying so.
///
/// `attempt` reads, decides, commits its effects together with [`Command::remember`], and returns its decision. When
/// somebody else was first it runs again, after a [turn](Answers::turn) has been waited for, at most [`ATTEMPTS`] times
/// in all and never once the time budget is spent.
///
/// # Errors
/// Refused as `attempt` decides; not executed when the key is missing or reused, when the same command is still in
/// progress, when the store cannot be read, when others were first every time, or when the time is spent before an
/// attempt; in doubt when a COMMIT was lost.
pub async fn execute<Q, T, E, F>(
    cx: &CallContext,
    method: &'static Method,
    request: &Q,
    answers: &dyn Answers,
    attempt: impl Fn(Command) -> F + Send,
) -> Answer<T, E>
where
    Q: Message + Sync,
    T: Message,
    E: Refusal,
    F: Future<Output = Result<Result<T, E>, Undecided>> + Send,
{
    let command = Command::of(cx, method, request).map_err(CallError::NotExecuted)?;
    let patience = cx.remaining().map(|left| left.mul_f32(0.9));
    let Some(_begun) = answers.begin(&command.id, patience).await else {
        return Err(CallError::not_executed(
            CauseKind::InProgress,
            "the same command, begun earlier, has not ended yet",
        ));
    };
    let mut turn = None;
    for _ in 0..ATTEMPTS {
        if cx.remaining().is_some_and(|left| left.is_zero()) {
            return Err(CallError::not_executed(
                CauseKind::Expired,
                "the time budget was spent before it was decided",
            ));
        }
        if let Some(remembered) = answers.recall(&command.id).await? {
            return command.replay(&remembered);
        }
        match attempt(command.clone()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(refusal)) => return Err(CallError::Refused(refusal)),
            Err(Undecided::Conflict) if turn.is_none() => turn = Some(answers.turn().await),
            Err(Undecided::Conflict) => {}
            Err(Undecided::NotExecuted(cause)) => return Err(CallError::NotExecuted(cause)),
            Err(Undecided::InDoubt(cause)) => return Err(CallError::InDoubt(cause)),
        }
    }
    Err(CallError::not_executed(CauseKind::Overloaded, "too many others were changing the same things"))
}
