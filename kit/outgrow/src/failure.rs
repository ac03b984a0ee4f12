//! The three ways a call can fail, the same on every placement.
//!
//! A caller who gets an error needs to know one thing first: *did it happen?* So the variant answers that, and the
//! [`CauseKind`] says why. Whether a call may be repeated follows from the two, never from guessing.

use std::{borrow::Cow, error::Error, fmt};

use bytes::Bytes;

use crate::wire::{Message, Open};

/// What a port method returns.
pub type Answer<T, E> = Result<T, CallError<E>>;

/// The [`Answer`] of a carrier: values are bytes, refusals are bytes with their type.
pub type Reply = Result<Bytes, CallError<RawRefusal>>;

/// A refusal is a message that can say why: an enum with `#[wire(other)] Other(Unread)`, so that a refusal of a
/// newer version is passed on whole instead of being lost.
pub trait Refusal: Message + Open + Error + Sync {}
impl<T: Message + Open + Error + Sync> Refusal for T {}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The module ran and said no. The value is the same on every placement.
    Refused(E),
    /// It certainly had no effect.
    NotExecuted(Cause),
    /// It may have had its effect: the answer is lost, late or unreadable.
    InDoubt(Cause),
}

impl<E> CallError<E> {
    /// A failure that certainly had no effect.
    pub fn not_executed(kind: CauseKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::NotExecuted(Cause::new(kind, detail))
    }

    /// A failure that may have had its effect.
    pub fn in_doubt(kind: CauseKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::InDoubt(Cause::new(kind, detail))
    }

    /// Why it failed, unless it is a refusal.
    pub fn why(&self) -> Option<&Cause> {
        match self {
            Self::Refused(_) => None,
            Self::NotExecuted(cause) | Self::InDoubt(cause) => Some(cause),
        }
    }

    /// The same failure with its refusal replaced.
    pub fn map_refusal<F>(self, f: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Refused(refusal) => CallError::Refused(f(refusal)),
            Self::NotExecuted(cause) => CallError::NotExecuted(cause),
            Self::InDoubt(cause) => CallError::InDoubt(cause),
        }
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::NotExecuted(cause) => write!(f, "not executed: {cause}"),
            Self::InDoubt(cause) => write!(f, "in doubt: {cause}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for CallError<E> {}

/// Why a call failed without a refusal: a kind to act on, a sentence to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What programs decide by.
    pub kind: CauseKind,
    /// What people read. At most [`Cause::MAX_DETAIL`] characters travel.
    pub detail: Cow<'static, str>,
}

impl Cause {
    /// The longest detail that crosses a carrier, in characters; the rest is cut.
    pub const MAX_DETAIL: usize = 512;

    /// A cause of this kind.
    pub fn new(kind: CauseKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a call failed without a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CauseKind { $($(#[$doc])* $name,)* }

        impl CauseKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable code that crosses carriers.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The kind of a code; an unknown one (of a newer peer) is [`CauseKind::Internal`].
            pub fn from_code(code: &str) -> Self {
                match code { $($code => Self::$name,)* _ => Self::Internal }
            }
        }
    };
}

kinds! {
    /// Nobody could be reached at the address.
    Unreachable = "unreachable",
    /// Somebody was reached who does not serve this port or method.
    Unserved = "unserved",
    /// A limit was reached: of calls in flight, of a queue, of a connection.
    Overloaded = "overloaded",
    /// The time budget was spent.
    Expired = "expired",
    /// The caller may not call this.
    Denied = "denied",
    /// The request cannot be read, or lacks what the method needs (such as an idempotency key).
    BadRequest = "bad-request",
    /// The idempotency key was used before, with another request.
    KeyReused = "key-reused",
    /// The same command is being executed right now.
    InProgress = "in-progress",
    /// The module's own store did not do its part.
    Storage = "storage",
    /// Another module that this one needs did not do its part.
    Dependency = "dependency",
    /// It ran, but its answer cannot be read.
    BadAnswer = "bad-answer",
    /// The connection, or the answer on it, was lost.
    Lost = "lost",
    /// The module failed: a panic, a defect.
    Internal = "internal",
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refusal in transit: its full type name, what it says, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRefusal {
    /// Such as `inventory.v1.InventoryRefusal`.
    pub type_name: String,
    /// The sentence of the refusal, at most [`RawRefusal::MAX_MESSAGE`] characters.
    pub message: String,
    /// The encoded refusal, at most [`RawRefusal::MAX_BODY`] bytes.
    pub body: Bytes,
}

impl RawRefusal {
    /// The largest refusal on any placement, in bytes: what fits into the trailers of every gRPC peer.
    pub const MAX_BODY: usize = 4096;
    /// The longest sentence of a refusal, in characters.
    pub const MAX_MESSAGE: usize = 512;
}
