//! Ids that a test can foresee.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use outgrow::IdGen;
use uuid::Uuid;

/// The id before the first: version 7, with a fixed time and nothing random.
const BEFORE_FIRST: u128 = 0x0197_f0e5_0000_7000_8000_0000_0000_0000;

/// Ids in sequence: they look like version 7, each is greater than the one before, and a test knows them beforehand.
/// Clones continue the same sequence.
///
/// ```
/// use outgrow::IdGen;
/// use outgrow_testkit::SequentialIds;
///
/// let ids = SequentialIds::new();
/// assert_eq!(ids.uuid().to_string(), "0197f0e5-0000-7000-8000-000000000001");
/// assert_eq!(ids.uuid(), SequentialIds::nth(2));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SequentialIds(Arc<AtomicU64>);

impl SequentialIds {
    /// A sequence that starts with [`nth(1)`](Self::nth).
    pub fn new() -> Self {
        Self::default()
    }

    /// A sequence that starts with `nth(first)`: for tests in which two makers of ids must not meet.
    pub fn starting_at(first: u32) -> Self {
        Self(Arc::new(AtomicU64::new(u64::from(first).saturating_sub(1))))
    }

    /// The `n`th id of every sequence, counted from 1.
    pub fn nth(n: u64) -> Uuid {
        Uuid::from_u128(BEFORE_FIRST + u128::from(n))
    }
}

impl IdGen for SequentialIds {
    fn uuid(&self) -> Uuid {
        Self::nth(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_ordered_and_of_version_7() {
        let ids = SequentialIds::new();
        let made: Vec<Uuid> = (0..300).map(|_| ids.uuid()).collect();
        assert!(made.is_sorted_by(|a, b| a < b), "{made:?}");
        assert!(made.iter().all(|id| id.get_version_num() == 7), "{made:?}");
    }

    #[test]
    fn two_sequences_need_not_meet() {
        let other = SequentialIds::starting_at(1_000);
        assert_eq!(other.uuid(), SequentialIds::nth(1_000));
    }
}
