//! From a commit to who listens, in one process: relay and worker as a composed system runs them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_sql::Tx;
use outgrow::{
    IdGen as _, SystemIds,
    event::{Delivered, Handled},
};
use outgrow_runtime::{
    Bell, Tasks,
    events::{Inbox, Local, Outbox, Poison, Relay, Shards, Subscription, Worker},
    tasks::{Pace, Rest},
};
use outgrow_testkit::contest::{Failure, median};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::shelf::{ParcelEvent, Place, pack, told};

const EVENTS: u32 = 300;

/// The median, in microseconds, of events that come one by one.
pub(crate) async fn measure(place: &Place) -> Result<f64, Failure> {
    let (hears, mut heard) = mpsc::unbounded_channel::<(Uuid, Instant)>();
    let (shelf, ear) = (Arc::new(place.shelf.db()), Arc::new(place.ear.db()));
    let handler = Subscription::of("ear", Poison::Blocks, move |told: Delivered<ParcelEvent>| {
        let _nobody_waits = hears.send((told.id, Instant::now()));
        async { Ok(Handled::Ignored) }
    });
    let holder = SystemIds.uuid();
    let (outbox, inbox): (Arc<dyn Outbox>, Arc<dyn Inbox>) = (shelf, ear);
    let shards = Arc::new(Shards::new(Arc::<dyn Outbox>::clone(&outbox), "relay", holder));
    let relay = Relay::new(Arc::clone(&outbox), shards, "ear", Arc::new(Local(Arc::clone(&inbox))));
    let shards = Shards::new(Arc::<dyn Inbox>::clone(&inbox), "worker", holder);
    let (relay, worker) = (Arc::new(relay), Arc::new(Worker::new(Arc::clone(&inbox), shards, vec![handler])));
    chore(&place.tasks, "relay", &outbox.bell(), move |pace| {
        let relay = Arc::clone(&relay);
        async move { relay.turn(&pace, &|| false).await }
    });
    chore(&place.tasks, "worker", &inbox.bell(), move |pace| {
        let worker = Arc::clone(&worker);
        async move { worker.turn(&pace, &|| false).await }
    });
    place.tasks.start();

    let (db, mut micros) = (place.shelf.db(), Vec::new());
    for _ in 0..EVENTS {
        let parcel = SystemIds.uuid();
        let event = told(parcel)?;
        let id = event.id;
        let write = async move |mut tx: Tx| {
            pack(&mut tx, parcel).await?;
            tx.publish(&event)?;
            tx.commit(Instant::now()).await
        };
        let begun = db.write(write).await?;
        let (told, at) = heard.recv().await.ok_or("nobody listens any more")?;
        if told != id {
            return Err(format!("{told} was heard, not {id}").into());
        }
        micros.push(at.duration_since(begun).as_secs_f64() * 1e6);
    }
    place.tasks.drain(Duration::from_secs(5)).await;
    Ok(median(micros))
}

fn chore<F, R>(tasks: &Tasks, name: &str, bell: &Bell, turn: F)
where
    F: Fn(Arc<Pace>) -> R + Send + 'static,
    R: Future<Output = Rest> + Send + 'static,
{
    let pace = Arc::new(Pace::default());
    tasks.paced(name, bell, move || turn(Arc::clone(&pace)));
}
