//! What the runtime knows of this crate.

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use outgrow::{BoxFuture, Dispatch, IdGen, PortDesc, Transport};
use outgrow_runtime::{Address, Carrier, Listener, events::Courier, placement::Unusable};
use tokio_util::sync::CancellationToken;

use crate::{
    Broker, RabbitServer, RabbitTransport,
    client::Calls,
    courier::{Events, RabbitCourier},
    subscriber::Subscriber,
};

/// The carrier of the address `rabbitmq`.
#[derive(Clone)]
pub struct RabbitMq {
    at: Option<Corner>,
}

/// What belongs to this system at a broker, and the connections there.
#[derive(Clone)]
struct Corner {
    broker: Broker,
    calls: Calls,
    events: Events,
}

impl std::fmt::Debug for RabbitMq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RabbitMq").field(&self.at.as_ref().map(|at| &at.broker)).finish()
    }
}

impl RabbitMq {
    /// A carrier over this broker. Without one it can carry nothing, and says so.
    pub fn over(broker: Option<Broker>) -> Self {
        let at = broker.map(|broker| Corner {
            calls: Calls::over(broker.clone()),
            events: Events::over(broker.clone()),
            broker,
        });
        Self { at }
    }

    fn at(&self, address: &Address) -> Result<&Corner, Unusable> {
        if !address.place.is_empty() {
            return Err(Unusable(
                "`rabbitmq` says it all: where the broker is stands under [broker]".to_owned(),
            ));
        }
        self.at.as_ref().ok_or_else(|| {
            Unusable(
                "there is no broker: add [broker] url = \"amqp://user:password@host:5672/%2f\"".to_owned(),
            )
        })
    }
}

impl Carrier for RabbitMq {
    fn scheme(&self) -> &'static str {
        "rabbitmq"
    }

    fn connect(&self, address: &Address) -> Result<Arc<dyn Transport>, Unusable> {
        Ok(Arc::new(RabbitTransport::by(&self.at(address)?.calls)))
    }

    fn courier(
        &self,
        address: &Address,
        publisher: &'static str,
        subscriber: &'static PortDesc,
    ) -> Option<Arc<dyn Courier>> {
        let at = self.at(address).ok()?;
        Some(Arc::new(RabbitCourier::new(&at.events, publisher, subscriber.module())))
    }

    fn leftovers(&self, doors: &[Arc<dyn Dispatch>], stop: CancellationToken) -> BoxFuture<'static, ()> {
        let broker = self.at.as_ref().map(|at| at.broker.clone());
        let left = broker.into_iter().flat_map(|broker| {
            let subscriber = move |door| Subscriber::new(broker.clone(), door, Arc::default());
            hearing(doors).into_iter().map(subscriber)
        });
        let taken: Vec<_> = left.map(|subscriber| subscriber.take_what_is_left(stop.clone())).collect();
        Box::pin(async move { drop(join_all(taken).await) })
    }

    fn listen<'a>(
        &'a self,
        address: &'a Address,
        _bind: Option<&'a Address>,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, Unusable>> {
        Box::pin(async move {
            let broker = self.at(address)?.broker.clone();
            let listener: Box<dyn Listener> = Box::new(AtBroker { broker, up: Arc::default() });
            Ok(listener)
        })
    }
}

struct AtBroker {
    broker: Broker,
    up: Arc<Up>,
}

/// What can arrive. All there is must be up.
#[derive(Default)]
struct Up {
    requests: Arc<AtomicBool>,
    /// Of each module that listens; empty before it is served.
    events: OnceLock<Vec<Arc<AtomicBool>>>,
}

impl Up {
    fn all(&self) -> bool {
        let events = self.events.get().into_iter().flatten();
        events.chain([&self.requests]).all(|up| up.load(Ordering::Relaxed))
    }
}

/// The doors that take events in, one of each module: a module has one queue, however many versions of its port.
fn hearing(doors: &[Arc<dyn Dispatch>]) -> Vec<Arc<dyn Dispatch>> {
    let listening = doors.iter().filter(|door| !door.streams().is_empty());
    let by_module: BTreeMap<_, _> = listening.map(|door| (door.port().module(), Arc::clone(door))).collect();
    by_module.into_values().collect()
}

impl Listener for AtBroker {
    fn place(&self) -> String {
        self.broker.to_string()
    }

    fn is_up(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let up = Arc::clone(&self.up);
        Arc::new(move || up.all())
    }

    fn serve(
        self: Box<Self>,
        doors: Vec<Arc<dyn Dispatch>>,
        ids: Arc<dyn IdGen>,
        stop: CancellationToken,
        drain: Duration,
    ) -> BoxFuture<'static, Result<(), Box<dyn Error + Send + Sync>>> {
        let Self { broker, up } = *self;
        let (flags, subscribers): (Vec<_>, Vec<_>) = hearing(&doors)
            .into_iter()
            .map(|door| {
                let up = Arc::<AtomicBool>::default();
                (Arc::clone(&up), Subscriber::new(broker.clone(), door, up).serve(stop.clone(), drain))
            })
            .unzip();
        drop(up.events.set(flags));
        let server = RabbitServer::new(broker, doors, ids).telling(Arc::clone(&up.requests));
        Box::pin(async move {
            tokio::join!(server.serve(stop, drain), join_all(subscribers));
            Ok(())
        })
    }
}
