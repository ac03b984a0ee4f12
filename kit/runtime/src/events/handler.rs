//! Handlers: what a module does when it hears of something.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use outgrow::{
    BoxFuture, Event, WireError,
    command::Undecided,
    event::{Delivered, Handled, Recorded, StreamDesc},
};

use crate::crash;

/// How often an event is decided anew, within one attempt, when others keep being first.
const DECISIONS: u32 = 8;

/// What becomes of the later events of a key when one of them is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poison {
    /// They wait until somebody has decided what to do with it.
    Blocks,
    /// They are handled without it.
    IsSkipped,
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unhandled {
    /// No attempt could ever succeed: the event cannot be read.
    Unreadable(WireError),
    /// This one did not.
    Failed(String),
}

/// Handles the events of one stream.
pub trait Handler: Send + Sync {
    /// Which stream.
    fn stream(&self) -> &'static StreamDesc;

    /// What becomes of the later events of a key when one of them is parked.
    fn poison(&self) -> Poison;

    /// Handles one event.
    fn handle<'a>(&'a self, event: &'a Recorded) -> BoxFuture<'a, Result<Handled, Unhandled>>;
}

/// A module that listens to a stream.
pub struct Subscription<E, F> {
    module: &'static str,
    poison: Poison,
    handle: F,
    stream: std::marker::PhantomData<fn(E)>,
}

impl<E, F> std::fmt::Debug for Subscription<E, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subscription({}, {:?})", self.module, self.poison)
    }
}

impl<E, F, R> Subscription<E, F>
where
    E: Event + Clone + Sync,
    F: Fn(Delivered<E>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Handled, Undecided>> + Send + 'static,
{
    /// The subscription of `module`: `handle` commits the mark with its effects, or says that there is nothing to do.
    /// An event of a kind that this build does not know is passed over.
    pub fn of(module: &'static str, poison: Poison, handle: F) -> Arc<dyn Handler> {
        Arc::new(Self { module, poison, handle, stream: std::marker::PhantomData })
    }

    async fn decide(&self, event: &Recorded) -> Result<Handled, Unhandled> {
        let read = Delivered::<E>::read(event, self.module).map_err(Unhandled::Unreadable)?;
        let Some(delivered) = read else { return Ok(Handled::Ignored) };
        crash::defect(&event.data);
        for _ in 0..DECISIONS {
            match (self.handle)(delivered.clone()).await {
                Ok(handled) => return Ok(handled),
                Err(Undecided::Conflict) => {}
                Err(Undecided::NotExecuted(cause) | Undecided::InDoubt(cause)) => {
                    return Err(Unhandled::Failed(cause.to_string()));
                }
            }
        }
        Err(Unhandled::Failed("too many others were changing the same things".to_owned()))
    }
}

impl<E, F, R> Handler for Subscription<E, F>
where
    E: Event + Clone + Sync,
    F: Fn(Delivered<E>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Handled, Undecided>> + Send + 'static,
{
    fn stream(&self) -> &'static StreamDesc {
        E::STREAM
    }

    fn poison(&self) -> Poison {
        self.poison
    }

    fn handle<'a>(&'a self, event: &'a Recorded) -> BoxFuture<'a, Result<Handled, Unhandled>> {
        Box::pin(async move {
            let handled = AssertUnwindSafe(self.decide(event)).catch_unwind().await;
            handled.unwrap_or_else(|_panic| Err(Unhandled::Failed("the handler panicked".to_owned())))
        })
    }
}
