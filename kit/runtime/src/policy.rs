//! What every call is subject to, whatever its placement.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use outgrow::{CallContext, CallError, Cause, CauseKind, Kind, Method};

use crate::{Access, guard};

/// The policies of one port.
#[derive(Clone, Debug)]
pub struct Policies {
    /// Who may call it.
    pub access: Access,
    /// The time budget of a call that brings none.
    pub budget: Duration,
    /// How many calls may be in flight at once.
    pub bulkhead: Bulkhead,
    /// When and how often a failed call is repeated.
    pub retry: Retry,
    /// What is measured of the calls that were not let in.
    pub turned_away: Arc<TurnedAway>,
}

impl Policies {
    /// The usual policies: 5 s, 1,024 calls in flight, [`Retry::default`].
    pub fn new(access: Access) -> Self {
        Self {
            access,
            budget: Duration::from_secs(5),
            bulkhead: Bulkhead::new(1024),
            retry: Retry::default(),
            turned_away: Arc::default(),
        }
    }

    /// Lets a call in whose caller is `cx`'s: if it may, if there is time, and if there is room.
    ///
    /// # Errors
    /// Not executed: denied, expired or overloaded.
    #[inline]
    pub fn admit<E>(&self, cx: &CallContext, method: &'static Method) -> Result<Place, CallError<E>> {
        let admitted = self.look_at(cx, method);
        if let Err(failure) = &admitted {
            self.turned_away.count(failure);
        }
        admitted
    }

    #[inline]
    fn look_at<E>(&self, cx: &CallContext, method: &'static Method) -> Result<Place, CallError<E>> {
        self.access.check(cx.caller(), method)?;
        guard::begin(cx.deadline())?;
        self.bulkhead.enter()
    }

    /// The same policies with a count of their own: for the other end of a call, which must not count it twice.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { bulkhead: Bulkhead::new(self.bulkhead.limit), ..self.clone() }
    }
}

/// How many calls to one port were not let in, on either end of a call in this process.
#[derive(Debug, Default)]
pub struct TurnedAway {
    denied: AtomicU64,
    expired: AtomicU64,
    overloaded: AtomicU64,
}

impl TurnedAway {
    #[cold]
    fn count<E>(&self, failure: &CallError<E>) {
        let total = match failure.why().map(|cause| cause.kind) {
            Some(CauseKind::Denied) => &self.denied,
            Some(CauseKind::Expired) => &self.expired,
            _ => &self.overloaded,
        };
        total.fetch_add(1, Ordering::Relaxed);
    }

    /// The totals now, by cause.
    pub fn totals(&self) -> [(CauseKind, u64); 3] {
        [
            (CauseKind::Denied, self.denied.load(Ordering::Relaxed)),
            (CauseKind::Expired, self.expired.load(Ordering::Relaxed)),
            (CauseKind::Overloaded, self.overloaded.load(Ordering::Relaxed)),
        ]
    }
}

/// A limit on calls in flight; clones share it. What is over it is refused at once: waiting would only move the queue.
#[derive(Clone, Debug)]
pub struct Bulkhead {
    limit: usize,
    in_flight: Arc<AtomicUsize>,
}

impl Bulkhead {
    /// At most `limit` calls at once.
    pub fn new(limit: usize) -> Self {
        Self { limit, in_flight: Arc::default() }
    }

    /// A place for one call, given back when dropped.
    ///
    /// # Errors
    /// Not executed, overloaded.
    #[inline]
    pub fn enter<E>(&self) -> Result<Place, CallError<E>> {
        let place = Place(Arc::clone(&self.in_flight));
        if self.in_flight.fetch_add(1, Ordering::Relaxed) < self.limit {
            Ok(place)
        } else {
            Err(full(self.limit))
        }
    }

    /// How many calls are in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

#[cold]
fn full<E>(limit: usize) -> CallError<E> {
    CallError::not_executed(CauseKind::Overloaded, format!("{limit} calls are in flight already"))
}

/// One call in flight.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// When and how often a failed call is repeated: with full jitter, so that callers do not come back in step
/// (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in total, at least one.
    pub attempts: u32,
    /// The longest pause before the second attempt; it doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause at all.
    pub longest_pause: Duration,
}

impl Default for Retry {
    /// Five attempts with at most 50, 100, 200 and 400 ms between them.
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_millis(400),
        }
    }
}

impl Retry {
    /// The pause after the `nth` failed attempt (from 1), at random between nothing and its bound.
    pub fn pause(&self, nth: u32) -> Duration {
        let doubled =
            self.first_pause.saturating_mul(1u32.checked_shl(nth.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.longest_pause).mul_f64(fastrand::f64())
    }
}

/// Whether a failure may be answered by trying again. It follows from what is known of the failed attempt and from
/// what the method promises, never from guessing.
pub fn repeatable<E>(kind: Kind, failure: &CallError<E>) -> bool {
    match failure {
        CallError::Refused(_) => false,
        // It did not happen, and somewhere or some time else it may.
        CallError::NotExecuted(Cause { kind: cause, .. }) => {
            matches!(cause, CauseKind::Unreachable | CauseKind::Unserved)
        }
        // It may have happened: only what can be repeated without a second effect.
        CallError::InDoubt(Cause { kind: cause, .. }) => {
            matches!(cause, CauseKind::Lost) && matches!(kind, Kind::Query | Kind::Idempotent)
        }
    }
}
