//! Waiting for a condition instead of for a time.

use std::{
    panic::Location,
    thread,
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout_at};

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(5);

/// What a condition may answer: `bool`, or `Option<T>` and `Result<T, E>` if there is something to bring back.
pub trait Condition {
    /// What it brings back when it is met.
    type Value;

    /// That, if it is met.
    fn met(self) -> Option<Self::Value>;
}

impl Condition for bool {
    type Value = ();

    fn met(self) -> Option<()> {
        self.then_some(())
    }
}

impl<T> Condition for Option<T> {
    type Value = T;

    fn met(self) -> Self {
        self
    }
}

impl<T, E> Condition for Result<T, E> {
    type Value = T;

    fn met(self) -> Option<T> {
        self.ok()
    }
}

/// Looks at a condition again and again until it is met; looks at least once.
///
/// ```
/// # use std::{sync::atomic::{AtomicU32, Ordering}, time::Duration};
/// # use outgrow_testkit::until;
/// let looks = AtomicU32::new(0);
/// until("it was looked at three times", Duration::from_secs(5), || looks.fetch_add(1, Ordering::Relaxed) == 2);
/// ```
///
/// # Panics
/// When `within` has passed and the condition `what` is still not met.
#[track_caller]
pub fn until<C: Condition>(what: &str, within: Duration, mut condition: impl FnMut() -> C) -> C::Value {
    let end = Instant::now() + within;
    loop {
        if let Some(value) = condition().met() {
            return value;
        }
        assert!(Instant::now() < end, "after {within:?} still not: {what}");
        thread::sleep(PAUSE);
    }
}

/// [`until`] for a condition that must be awaited. A look that hangs is given up at the deadline.
///
/// # Panics
/// When `within` has passed and the condition `what` is still not met; the message names the caller's line.
#[track_caller]
pub fn until_async<C: Condition>(
    what: &str,
    within: Duration,
    mut condition: impl AsyncFnMut() -> C,
) -> impl Future<Output = C::Value> {
    let asked_at = Location::caller();
    async move {
        let end = tokio::time::Instant::now() + within;
        loop {
            match timeout_at(end, condition()).await.map(Condition::met) {
                Ok(Some(value)) => return value,
                Ok(None) if tokio::time::Instant::now() < end => sleep(PAUSE).await,
                Ok(None) | Err(_) => panic!("{asked_at}: after {within:?} still not: {what}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn a_condition_brings_something_back() {
        let mut left = vec!["third", "second", "first"];
        let found = until("the third", LONG, || left.pop().filter(|it| *it == "third"));
        assert_eq!(found, "third");
    }

    #[test]
    #[should_panic(expected = "after 20ms still not: pigs fly")]
    fn a_condition_never_met_fails_and_says_which() {
        until("pigs fly", SOON, || false);
    }

    #[tokio::test]
    async fn an_awaited_condition_is_looked_at_again() {
        let mut looks = 0;
        until_async("three looks", LONG, async || {
            looks += 1;
            looks == 3
        })
        .await;
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "still not: an answer")]
    async fn an_awaited_condition_that_hangs_is_given_up() {
        until_async("an answer", SOON, async || std::future::pending::<bool>().await).await;
    }
}
