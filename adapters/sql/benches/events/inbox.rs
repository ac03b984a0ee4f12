//! Events that are handled: through the inbox, or by a consumer that keeps no mark, and would handle one twice.

use std::{sync::Arc, time::Instant};

use adapter_sql::{Db, Tx};
use futures_util::{StreamExt as _, stream};
use outgrow::{
    IdGen as _, SystemIds,
    event::{Delivered, Handled},
};
use outgrow_runtime::{
    events::{Handler, Inbox, Poison, Shards, Subscription, Worker},
    tasks::AT_ONCE,
};
use outgrow_testkit::contest::Failure;

use crate::shelf::{ParcelEvent, Place, delivered, pack, packed};

/// How many there are in a turn.
const EVENTS: u32 = 512;
/// How many are delivered at once, as by the relay.
const WINDOW: usize = 128;

/// Events per second, of a consumer that makes the change of each and nothing else.
pub(crate) async fn bare(place: &Place) -> Result<f64, Failure> {
    let db = place.ear.db();
    let begun = Instant::now();
    let mut handled = stream::iter(0..EVENTS).map(|_| packed(&db)).buffer_unordered(AT_ONCE);
    while let Some(handled) = handled.next().await {
        handled?;
    }
    Ok(per_second(begun))
}

/// Who listens.
pub(crate) struct Listener {
    inbox: Arc<dyn Inbox>,
    worker: Worker,
}

impl Listener {
    pub(crate) fn of(place: &Place) -> Self {
        let db = place.ear.db();
        let inbox: Arc<dyn Inbox> = Arc::new(db.clone());
        let shards = Shards::new(Arc::<dyn Inbox>::clone(&inbox), "worker", SystemIds.uuid());
        Self { worker: Worker::new(Arc::clone(&inbox), shards, vec![handler(&db)]), inbox }
    }

    /// The same, through the inbox.
    pub(crate) async fn handle(&self) -> Result<f64, Failure> {
        let events = (0..EVENTS).map(|_| delivered()).collect::<Result<Vec<_>, _>>()?;
        let begun = Instant::now();
        for window in events.chunks(WINDOW) {
            self.inbox.accept(window).await?;
            self.worker.round(&|| false).await;
        }
        let took = per_second(begun);
        if self.inbox.any_due().await? { Err("not all was handled".into()) } else { Ok(took) }
    }
}

/// Makes the change of each event, with its mark.
fn handler(db: &Db) -> Arc<dyn Handler> {
    let db = db.clone();
    Subscription::of("ear", Poison::Blocks, move |told: Delivered<ParcelEvent>| {
        let db = db.clone();
        async move {
            let handle = async move |mut tx: Tx| {
                pack(&mut tx, told.id).await?;
                tx.commit(Handled::Marked).await
            };
            Ok(db.handle(&told.mark, handle).await?)
        }
    })
}

fn per_second(begun: Instant) -> f64 {
    f64::from(EVENTS) / begun.elapsed().as_secs_f64()
}
