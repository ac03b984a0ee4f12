//! The relay, as a composed system has it: an outbox, its shards, the courier of this carrier.

use std::{sync::Arc, time::Instant};

use adapter_rabbitmq::{Broker, RabbitMq};
use adapter_sql::{Db, Homes, Tx, migrate};
use outgrow::{
    CallContext, Event, IdGen as _, Method, ModuleSpec, Outgoing, PortDesc, SystemClock, SystemIds, Unread,
    Wire,
};
use outgrow_runtime::{
    Carrier as _, Tasks,
    events::{Outbox, Relay, Shards, relay::Round},
};
use outgrow_testkit::{TestDatabase, contest::Failure};
use time::macros::datetime;
use uuid::Uuid;

use crate::{EVENTS, bare::Queue};

/// What happens to a parcel.
#[derive(Clone, Debug, PartialEq, Wire, Event)]
#[event("shelf.v1", key = "parcel")]
enum ParcelEvent {
    /// It was packed.
    #[wire(1)]
    Packed {
        #[wire(1)]
        parcel: Uuid,
        #[wire(2)]
        pieces: u32,
    },
    #[wire(other)]
    Other(Unread),
}

static SHELF: ModuleSpec = ModuleSpec { publishes: &[ParcelEvent::STREAM], ..spec("shelf", SHELF_PORT) };
static EAR: ModuleSpec = ModuleSpec { subscribes: &[ParcelEvent::STREAM], ..spec("ear", EAR_PORT) };
static ALL: [&ModuleSpec; 2] = [&SHELF, &EAR];

const SHELF_PORT: &PortDesc = &port("shelf.v1", "Shelf");
const EAR_PORT: &PortDesc = &port("ear.v1", "Ear");

const fn port(package: &'static str, name: &'static str) -> PortDesc {
    let (contract, delivery) = (Method::contract(package, name), Method::delivery(package, name));
    PortDesc { package, name, doc: "", methods: &[], contract, delivery }
}

const fn spec(name: &'static str, port: &'static PortDesc) -> ModuleSpec {
    ModuleSpec {
        name,
        purpose: "to be measured",
        port,
        older: &[],
        needs: &[],
        publishes: &[],
        subscribes: &[],
        sagas: &[],
        migrations: &[],
    }
}

/// Who publishes from an outbox.
pub(crate) struct Publisher {
    queue: Queue,
    db: Db,
    relay: Relay,
    broker: Broker,
    _homes: Homes,
    _database: TestDatabase,
}

impl Publisher {
    pub(crate) async fn connect(url: &str, prefix: &str) -> Result<Self, Failure> {
        let database = TestDatabase::new().await;
        let data = database.url().parse()?;
        migrate(&data, None, &ALL, &SystemClock).await?;
        let homes = Homes::open(&data, Tasks::default(), Arc::new(SystemClock), Arc::new(SystemIds)).await?;
        let homes = homes.among(&ALL);
        let db = homes.home(&SHELF).await?.db();

        let broker = Broker::new(url, prefix)?;
        let queue = Queue::declare(url, broker.events("ear")).await?;
        let carrier = RabbitMq::over(Some(broker.clone()));
        let courier = carrier.courier(&"rabbitmq".parse()?, "shelf", EAR_PORT).ok_or("no courier")?;
        let outbox: Arc<dyn Outbox> = Arc::new(db.clone());
        let shards = Arc::new(Shards::new(Arc::<dyn Outbox>::clone(&outbox), "relay", SystemIds.uuid()));
        let relay = Relay::new(outbox, shards, "ear", courier);
        Ok(Self { queue, db, relay, broker, _homes: homes, _database: database })
    }

    /// Events per second, from when they were committed.
    pub(crate) async fn publish(&self) -> Result<f64, Failure> {
        let events = (0..EVENTS).map(|_| packed()).collect::<Result<Vec<_>, _>>()?;
        let write = async move |mut tx: Tx| {
            for event in &events {
                tx.publish(event)?;
            }
            tx.commit(()).await
        };
        self.db.write(write).await?;
        let begun = Instant::now();
        let round = self.relay.round(&|| false).await;
        let took = f64::from(EVENTS) / begun.elapsed().as_secs_f64();
        if round != Round::Worked {
            return Err(format!("the relay did not deliver: {round:?}").into());
        }
        self.queue.empty(EVENTS).await?;
        Ok(took)
    }

    /// Nothing of it stays at the broker.
    pub(crate) async fn end(&self) -> Result<(), Failure> {
        Ok(self.broker.forget("ear").await?)
    }
}

fn packed() -> Result<Outgoing, Failure> {
    let parcel = SystemIds.uuid();
    let cx = CallContext::new("edge", parcel).caused_by(parcel);
    let event = ParcelEvent::Packed { parcel, pieces: 2 };
    Ok(Outgoing::of(&event, SystemIds.uuid(), datetime!(2026-03-01 12:00 UTC), &cx)?)
}
