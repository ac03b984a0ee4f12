//! How either end finds out that the other is gone without having said so.

use std::time::Duration;

/// When to ask a silent peer whether it is there: on every connection, idle ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// The longest silence before a ping.
    pub every: Duration,
    /// How long its answer may take before the connection counts as dead.
    pub within: Duration,
}

impl Default for Keepalive {
    /// After 10 s, within 5 s.
    fn default() -> Self {
        Self { every: Duration::from_secs(10), within: Duration::from_secs(5) }
    }
}
