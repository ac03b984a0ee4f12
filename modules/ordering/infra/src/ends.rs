//! Who waits in this process for the end of an order, and is told of it.
//!
//! Who is told looks again: only what is kept counts. What another process ends is told to nobody here, so who waits
//! also looks by itself, with growing pauses. It costs nobody anything that orders end which they do not wait for.
//!
//! It does not remember what has ended, and starts nothing: what is dropped no longer waits.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ordering_contract::{OrderId, OrderStatus};
use ordering_core::Order;
use outgrow::StoreError;
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, timeout},
};

/// So many wait at once, others are answered at once: calls that wait take places from calls that work, of which there
/// are 256 over RabbitMQ for all that one process hosts.
const PLACES: usize = 64;

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The orders whose end somebody waits for.
#[derive(Debug)]
pub(crate) struct Ends {
    awaited: Mutex<HashMap<OrderId, watch::Sender<()>>>,
    places: Semaphore,
}

impl Default for Ends {
    fn default() -> Self {
        Self { awaited: Mutex::default(), places: Semaphore::new(PLACES) }
    }
}

impl Ends {
    /// What `look` finds of this order once it is no longer placed, or after `within`, or when it looks next while this
    /// process is `ending`; at once if there is no such order, or no room to wait.
    pub(crate) async fn wait<F>(
        &self,
        order: OrderId,
        within: Duration,
        ending: impl Fn() -> bool,
        look: impl Fn() -> F,
    ) -> Result<Option<Order>, StoreError>
    where
        F: Future<Output = Result<Option<Order>, StoreError>>,
    {
        let end = Instant::now() + within;
        let Ok(_place) = self.places.try_acquire() else { return look().await };
        // Before the first look, so that no end is missed between the two.
        let mut told = self.listen(order);
        let mut pause = FIRST_PAUSE;
        loop {
            let found = look().await?;
            let placed = found.as_ref().is_some_and(|order| order.status == OrderStatus::Placed);
            let left = end.saturating_duration_since(Instant::now());
            if !placed || left.is_zero() || ending() {
                return Ok(found);
            }
            if timeout(pause.min(left), told.receiver.changed()).await.is_err() {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// This order may have ended: whoever waits for it looks again.
    pub(crate) fn tell(&self, order: OrderId) {
        if let Some(told) = self.awaited().get(&order) {
            told.send_replace(());
        }
    }

    fn listen(&self, order: OrderId) -> Told<'_> {
        let receiver = self.awaited().entry(order).or_default().subscribe();
        Told { receiver, _leaving: Leaving { ends: self, order } }
    }

    fn awaited(&self) -> MutexGuard<'_, HashMap<OrderId, watch::Sender<()>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits. The receiver is declared, and so dropped, first: who leaves no longer counts.
struct Told<'e> {
    receiver: watch::Receiver<()>,
    _leaving: Leaving<'e>,
}

/// Takes an order off the list when the last one leaves who waited for it.
struct Leaving<'e> {
    ends: &'e Ends,
    order: OrderId,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut awaited = self.ends.awaited();
        if awaited.get(&self.order).is_some_and(|told| told.receiver_count() == 0) {
            awaited.remove(&self.order);
        }
    }
}

#[cfg(test)]
mod tests;
