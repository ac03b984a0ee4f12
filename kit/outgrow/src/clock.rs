//! Time comes in as a value: a [`Clock`] is injected, never asked for globally.

use time::OffsetDateTime;

/// Tells the wall-clock time.
pub trait Clock: Send + Sync {
    /// Now, in UTC, to the microsecond: what every store keeps exactly.
    fn now(&self) -> OffsetDateTime;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        now.replace_microsecond(now.microsecond()).unwrap_or(now)
    }
}
