//! The context of a call: on whose behalf, by whom, until when, under which key.
//!
//! It is the first argument of every port method, in process and over the wire. A module passes it on as it came;
//! who calls whom is written into it by the runtime at each hop, so a module cannot claim to be another by mistake.
//!
//! Deliberately absent: anything that only works in one process, and absolute times. Only what *remains* of the
//! time budget travels, because two clocks never agree.

use std::{
    borrow::Cow,
    fmt,
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::Method;

/// The caller of everything that comes in over HTTP.
pub const EDGE: &str = "edge";

/// The caller of everything that is asked for on the command line.
pub const OPERATOR: &str = "operator";

/// On whose behalf a call is made, by which module, until when, and under which key.
#[derive(Clone, Debug)]
pub struct CallContext {
    correlation: Uuid,
    causation: Option<Uuid>,
    trace: Option<TraceContext>,
    deadline: Option<Instant>,
    caller: Cow<'static, str>,
    principal: Option<Arc<str>>,
    key: Option<IdempotencyKey>,
    at: Option<&'static Method>,
}

impl CallContext {
    /// A context for something new that `caller` begins. `correlation` groups all that follows from it.
    pub fn new(caller: impl Into<Cow<'static, str>>, correlation: Uuid) -> Self {
        Self {
            correlation,
            causation: None,
            trace: None,
            deadline: None,
            caller: caller.into(),
            principal: None,
            key: None,
            at: None,
        }
    }

    /// With this much time from now. A budget can only shrink: a longer one than what remains changes nothing.
    #[must_use]
    pub fn within(self, budget: Duration) -> Self {
        let deadline = Instant::now().checked_add(budget);
        Self { deadline: earlier(self.deadline, deadline), ..self }
    }

    /// Under this idempotency key.
    #[must_use]
    pub fn with_key(self, key: IdempotencyKey) -> Self {
        Self { key: Some(key), ..self }
    }

    /// On behalf of this principal.
    #[must_use]
    pub fn for_principal(self, principal: &str) -> Self {
        Self { principal: Some(Arc::from(principal)), ..self }
    }

    /// Caused by this message.
    #[must_use]
    pub fn caused_by(self, causation: Uuid) -> Self {
        Self { causation: Some(causation), ..self }
    }

    /// As part of this trace.
    #[must_use]
    pub fn traced(self, trace: TraceContext) -> Self {
        Self { trace: Some(trace), ..self }
    }

    /// The context of one step that the called module takes on: the same in all but its idempotency key, which is
    /// derived from the incoming one and therefore the same whenever the step is repeated.
    #[must_use]
    pub fn step(&self, step: &'static str) -> Self {
        let method = self.at.map_or("", |method| method.name);
        let key = self.key.as_ref().map(|key| key.derive(method, step));
        Self { key, ..self.clone() }
    }

    /// The context of a call that its holder makes: the holder is now the caller. Written by the runtime on every
    /// placement; `budget` is what a call without a deadline gets.
    #[must_use]
    pub fn hop(&self, budget: Duration) -> Self {
        Self {
            caller: self.at.map_or_else(|| self.caller.clone(), |at| Cow::Borrowed(at.module())),
            at: None,
            deadline: self.deadline.or_else(|| Instant::now().checked_add(budget)),
            principal: self.principal.clone(),
            key: self.key.clone(),
            ..*self
        }
    }

    /// Handed to the module that serves `method`: it holds the context now. Written by the runtime.
    pub fn enter(&mut self, method: &'static Method) {
        self.at = Some(method);
    }

    /// Groups everything that followed from one beginning.
    pub fn correlation(&self) -> Uuid {
        self.correlation
    }

    /// The message this followed from, if any.
    pub fn causation(&self) -> Option<Uuid> {
        self.causation
    }

    /// The trace this is part of, if any.
    pub fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// Which module makes this call: [`EDGE`] for what comes in over HTTP.
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// On whose behalf; none is anonymous.
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// The idempotency key, if the caller gave one.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// When the time budget ends, by this process's own monotonic clock.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What remains of the time budget; none is unlimited.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// What makes a repeated command the same command: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX_LEN: usize = 255;

    /// The key itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of one step of a method called under this one. Neither name contains `/`, so two keys that differ
    /// stay different; a key that would grow too long is replaced by its hash (so whoever spells a key like the hash
    /// of another of their own gets what they ask for).
    pub(crate) fn derive(&self, method: &str, step: &str) -> Self {
        let derived = format!("{}/{method}.{step}", self.0);
        if derived.len() <= Self::MAX_LEN {
            return Self(derived.into());
        }
        let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, self.0.as_bytes());
        Self(format!("#{}/{method}.{step}", hash.simple()).into())
    }
}

impl From<Uuid> for IdempotencyKey {
    fn from(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

impl FromStr for IdempotencyKey {
    type Err = KeyError;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > Self::MAX_LEN || !visible {
            Err(KeyError)
        } else {
            Ok(Self(key.into()))
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 255 visible ASCII characters")]
pub struct KeyError;

/// The trace a call is part of, as in the `traceparent` header of W3C Trace Context, version 00.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
}

impl FromStr for TraceContext {
    type Err = TraceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let mut next = |len: usize| {
            parts.next().filter(|part| {
                part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            })
        };
        let (version, trace, span, flags) = (next(2), next(32), next(16), next(2));
        if version != Some("00") || parts.next().is_some() {
            return Err(TraceError);
        }
        let parsed = Self {
            trace: trace.and_then(|hex| u128::from_str_radix(hex, 16).ok()).ok_or(TraceError)?,
            span: span.and_then(|hex| u64::from_str_radix(hex, 16).ok()).ok_or(TraceError)?,
            flags: flags.and_then(|hex| u8::from_str_radix(hex, 16).ok()).ok_or(TraceError)?,
        };
        if parsed.trace == 0 || parsed.span == 0 { Err(TraceError) } else { Ok(parsed) }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// Not a trace context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a `traceparent` of version 00")]
pub struct TraceError;
