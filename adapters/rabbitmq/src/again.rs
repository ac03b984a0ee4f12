//! Consuming for as long as it is wanted, whatever becomes of the broker.
//!
//! Deliberately absent: lapin's own recovery, whose pauses grow to half a minute; ours do not.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::Broker;

/// Between two attempts to reach the broker.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the broker may take to let go.
pub(crate) const BYE: Duration = Duration::from_secs(1);

/// Attempts to consume `what`, again and again, until one ends well or `stop`. Each sets `up` while it consumes.
pub(crate) async fn again<A>(
    broker: &Broker,
    what: &str,
    up: &AtomicBool,
    stop: &CancellationToken,
    attempt: impl Fn() -> A,
) where
    A: Future<Output = lapin::Result<()>>,
{
    let mut told = false;
    while !stop.is_cancelled() {
        let lost = attempt().await;
        if up.swap(false, Ordering::Relaxed) {
            told = false; // it was there meanwhile
        }
        let Err(error) = lost else { return };
        if told {
            tracing::debug!(%error, %broker, what, "the broker is still away");
        } else {
            tracing::warn!(%error, %broker, what, "the broker is away; trying again");
        }
        told = true;
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(PAUSE) => {}
        }
    }
}
