//! How a module's code is run in this process, whoever called it.
//!
//! A query runs in its caller's task and ends with it. A command runs in a task of its own: neither a caller who
//! leaves nor a deadline cuts a module in half. A panic is an answer, not a dead process.

use std::{future::poll_fn, panic::{AssertUnwindSafe, catch_unwind}, task::Poll, time::Instant};

use futures_util::FutureExt as _;
use outgrow::{Answer, BoxFuture, CallError, CauseKind, Method};
use tracing::Instrument as _;

/// Runs a query: at most until `deadline`, its panic contained.
pub async fn query<T, E>(
    method: &'static Method,
    deadline: Option<Instant>,
    mut work: BoxFuture<'_, Answer<T, E>>,
) -> Answer<T, E> {
    let mut contained = poll_fn(move |cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)));
        polled.unwrap_or_else(|_panic| Poll::Ready(Err(panicked(method))))
    });
    // Most queries are answered at the first poll. They need no timer, nor the room for one in every call.
    match poll_fn(|cx| Poll::Ready(contained.poll_unpin(cx))).await {
        Poll::Ready(answer) => answer,
        Poll::Pending => Box::pin(within(deadline, contained)).await.unwrap_or_else(|| Err(expired())),
    }
}

/// Runs a command in a task of its own, and waits for it at most until `deadline`.
pub async fn command<T: Send + 'static, E: Send + 'static>(
    method: &'static Method,
    deadline: Option<Instant>,
    work: impl Future<Output = Answer<T, E>> + Send + 'static,
) -> Answer<T, E> {
    match within(deadline, tokio::spawn(work.in_current_span())).await {
        Some(Ok(answer)) => answer,
        Some(Err(_panic)) => Err(panicked(method)),
        None => Err(expired()),
    }
}

/// Refuses to begin what has no time left.
///
/// # Errors
/// Not executed, expired.
#[inline]
pub fn begin<E>(deadline: Option<Instant>) -> Result<(), CallError<E>> {
    match deadline {
        Some(deadline) if deadline <= Instant::now() => {
            Err(CallError::not_executed(CauseKind::Expired, "the time budget was spent before the call"))
        }
        _ => Ok(()),
    }
}

/// Waits for `work` until `deadline`.
async fn within<F: Future>(deadline: Option<Instant>, work: F) -> Option<F::Output> {
    match deadline {
        None => Some(work.await),
        Some(deadline) => tokio::time::timeout_at(deadline.into(), work).await.ok(),
    }
}

/// The module ran, or still runs, and its caller has no time left.
pub(crate) fn expired<E>() -> CallError<E> {
    CallError::in_doubt(CauseKind::Expired, "the time budget was spent before the answer")
}

#[cold]
fn panicked<E>(method: &'static Method) -> CallError<E> {
    tracing::error!(%method, "a module panicked");
    CallError::in_doubt(CauseKind::Internal, format!("{method} panicked"))
}
