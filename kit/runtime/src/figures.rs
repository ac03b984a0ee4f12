//! What is measured of the calls to one target: how they ended, and how long they took.
//!
//! Remote calls are all timed. Of local calls one in sixteen is: reading the clock twice costs more than the call.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use outgrow::{Answer, CallError};

/// The upper bounds of the latency buckets, in microseconds; what is longer falls into one more.
pub const BOUNDS_US: [u64; 14] =
    [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000, 5_000_000];

/// Running totals of the calls to one target.
#[derive(Debug, Default)]
pub struct Figures {
    begun: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    not_executed: AtomicU64,
    in_doubt: AtomicU64,
    micros: AtomicU64,
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
}

/// [`Figures`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Calls that got a reply.
    pub answered: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Calls that had no effect.
    pub not_executed: u64,
    /// Calls whose outcome is unknown.
    pub in_doubt: u64,
    /// The sum of all timed calls, in microseconds.
    pub micros: u64,
    /// How many timed calls fell into each bucket of [`BOUNDS_US`], and beyond.
    pub buckets: [u64; BOUNDS_US.len() + 1],
}

impl Figures {
    /// The beginning of a local call, if this one is timed.
    #[inline]
    pub fn sample(&self) -> Option<Instant> {
        let calls = self.begun.fetch_add(1, Relaxed);
        calls.is_multiple_of(16).then(Instant::now)
    }

    /// Counts one call.
    #[inline]
    pub fn count<T, E>(&self, begun: Option<Instant>, answer: &Answer<T, E>) {
        let total = match answer {
            Ok(_) => &self.answered,
            Err(CallError::Refused(_)) => &self.refused,
            Err(CallError::NotExecuted(_)) => &self.not_executed,
            Err(CallError::InDoubt(_)) => &self.in_doubt,
        };
        total.fetch_add(1, Relaxed);
        if let Some(begun) = begun {
            self.time(begun);
        }
    }

    #[cold]
    fn time(&self, begun: Instant) {
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Relaxed);
        let bucket = BOUNDS_US.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS_US.len());
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
    }

    /// The totals now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            answered: self.answered.load(Relaxed),
            refused: self.refused.load(Relaxed),
            not_executed: self.not_executed.load(Relaxed),
            in_doubt: self.in_doubt.load(Relaxed),
            micros: self.micros.load(Relaxed),
            buckets: self.buckets.each_ref().map(|bucket| bucket.load(Relaxed)),
        }
    }
}
