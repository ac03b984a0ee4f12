//! A clock that only moves when it is told to.

use std::sync::{Arc, Mutex, PoisonError};

use outgrow::Clock;
use time::{Duration, OffsetDateTime, macros::datetime};

/// A clock that stands still until the test moves it, forwards or backwards. Clones show the same time.
///
/// ```
/// use outgrow::Clock;
/// use outgrow_testkit::FixedClock;
/// use time::{Duration, macros::datetime};
///
/// let clock = FixedClock::new();
/// assert_eq!(clock.now(), datetime!(2026-01-01 12:00 UTC));
/// clock.advance(Duration::minutes(5));
/// assert_eq!(clock.now(), datetime!(2026-01-01 12:05 UTC));
/// ```
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<Mutex<OffsetDateTime>>);

impl FixedClock {
    /// A clock that shows noon, UTC, on 1 January 2026.
    pub fn new() -> Self {
        Self::at(datetime!(2026-01-01 12:00 UTC))
    }

    /// A clock that shows `time`.
    pub fn at(time: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Shows `time` from now on.
    pub fn set(&self, time: OffsetDateTime) {
        self.change(|now| *now = time);
    }

    /// Moves on by `step`; backwards if it is negative.
    pub fn advance(&self, step: Duration) {
        self.change(|now| *now += step);
    }

    fn change<T>(&self, change: impl FnOnce(&mut OffsetDateTime) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        self.change(|now| *now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shows_the_same_time() {
        let clock = FixedClock::new();
        let other = clock.clone();
        clock.set(datetime!(2030-02-03 04:05 UTC));
        assert_eq!(other.now(), datetime!(2030-02-03 04:05 UTC));
    }

    #[test]
    fn it_can_step_back() {
        let clock = FixedClock::new();
        clock.advance(Duration::hours(-1));
        assert_eq!(clock.now(), datetime!(2026-01-01 11:00 UTC));
    }
}
