//! How a module's code is run in this process, whoever called it.
//!
//! A query runs in its caller's task and ends with it. A command is finished: neither a caller who leaves nor a
//! deadline cuts a module in half. A panic is an answer, not a dead process.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Instant,
};

use outgrow::{Answer, BoxFuture, CallError, CauseKind, Method};
use tokio::{task::unconstrained, time::sleep_until};
use tracing::Instrument as _;

use crate::finish::finish;

/// Runs a query: at most until `deadline`, its panic contained.
pub fn query<'a, T: 'a, E: 'a>(
    method: &'static Method,
    deadline: Option<Instant>,
    mut work: BoxFuture<'a, Answer<T, E>>,
) -> impl Future<Output = Answer<T, E>> + Send + 'a {
    let mut alarm = None;
    poll_fn(move |cx| {
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => {}
            Ok(answered) => return answered,
            Err(_panic) => return Poll::Ready(Err(panicked(method))),
        }
        let Some(deadline) = deadline else { return Poll::Pending };
        // Most queries are answered at the first poll: only the others need a timer, and the room for one.
        let alarm = alarm.get_or_insert_with(|| Box::pin(unconstrained(sleep_until(deadline.into()))));
        alarm.as_mut().poll(cx).map(|()| Err(expired()))
    })
}

/// Runs a command to its end, and waits for that at most until `deadline`.
pub async fn command<T: Send + 'static, E: Send + 'static>(
    method: &'static Method,
    deadline: Option<Instant>,
    work: impl Future<Output = Answer<T, E>> + Send + 'static,
) -> Answer<T, E> {
    match within(deadline, finish(work.in_current_span())).await {
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
