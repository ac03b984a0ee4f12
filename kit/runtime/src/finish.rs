//! A future that is finished, whether or not somebody waits for it.
//!
//! As long as somebody does, it is a part of whoever waits: a task of its own would cost two changes of threads. Dropped
//! in the middle, it goes on as a task.
//!
//! So whoever waits has to go on doing so: a write that is neither polled nor dropped holds its transaction, and what
//! else its holder waits for meanwhile must not need the same home.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;

/// What a panic left.
pub type Panic = Box<dyn Any + Send>;

/// What a panic said.
pub fn words(panic: &Panic) -> &str {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}

/// Runs `work` to its end, even if this is dropped; a panic in it is an error.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn finish<W>(work: W) -> impl Future<Output = Result<W::Output, Panic>> + Send
where
    W: Future<Output: Send> + Send + 'static,
{
    Finishing { work: Some(Box::pin(AssertUnwindSafe(work).catch_unwind())), runtime: Handle::current() }
}

struct Finishing<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    /// None once it has ended.
    work: Option<Pin<Box<W>>>,
    runtime: Handle,
}

impl<W> Future for Finishing<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    type Output = W::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Output> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let ended = ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(ended)
    }
}

impl<W> Drop for Finishing<W>
where
    W: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            drop(self.runtime.spawn(work));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_given_up_is_finished() {
        let (done, is_done) = oneshot::channel();
        let work = finish(async {
            sleep(Duration::from_secs(2)).await;
            done.send(7).unwrap();
        });
        assert!(timeout(Duration::from_secs(1), work).await.is_err());
        assert_eq!(timeout(Duration::from_secs(2), is_done).await, Ok(Ok(7)));
    }

    #[tokio::test]
    async fn what_is_waited_for_is_no_task() {
        let before = Handle::current().metrics().num_alive_tasks();
        let alive = finish(async { Handle::current().metrics().num_alive_tasks() }).await.unwrap();
        assert_eq!(alive, before);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_whether_or_not_somebody_waits() {
        let panic = finish(async { panic!("as told") }).await.unwrap_err();
        assert_eq!(words(&panic), "as told");
        let (go, gone) = oneshot::channel::<()>();
        let mut work = Box::pin(finish(async {
            gone.await.unwrap();
            panic!("as told");
        }));
        assert!(futures_util::poll!(&mut work).is_pending());
        drop(work);
        go.send(()).unwrap();
        tokio::task::yield_now().await; // nobody hears of it
    }
}
