//! A corner of a broker, and the port of the example served there.

use std::{
    env,
    net::SocketAddr,
    ops::Deref,
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use adapter_rabbitmq::{Broker, Limits, RabbitServer, RabbitTransport};
use lapin::{Connection, ConnectionProperties, options::QueueDeclareOptions, types::FieldTable};
use outgrow::{Dispatch, Port as _, Remote, Served};
use outgrow_testkit::{LoopbackAddr, Proxy, SequentialIds, until_async};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::example::{Example, LONG, Module, cx, text};

/// Where the broker is.
pub(crate) fn url() -> String {
    env::var("OUTGROW_TEST_RABBITMQ").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

/// A name that no other test has.
pub(crate) fn prefix() -> String {
    static NAMED: AtomicU32 = AtomicU32::new(0);
    format!("t-{}-{}", process::id(), NAMED.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn broker() -> Broker {
    Broker::new(&url(), &prefix()).unwrap()
}

/// The broker, with names of a test's own: what they made for events, which outlives everybody, is taken away.
pub(crate) struct Mine(Broker);

pub(crate) fn mine() -> Mine {
    Mine(broker())
}

impl Deref for Mine {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        &self.0
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        let broker = self.0.clone();
        let forget = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // Whoever is still ending consumes a while longer.
            runtime.block_on(until_async("nobody listens any more", LONG, async || {
                broker.forget("example").await.is_ok()
            }));
        };
        let forgotten = std::thread::spawn(forget).join();
        assert!(forgotten.is_ok() || std::thread::panicking(), "something is left at the broker");
    }
}

/// The same broker behind a stretch of network, which is not there yet.
pub(crate) struct Distant {
    pub(crate) broker: Broker,
    pub(crate) at: SocketAddr,
    to: SocketAddr,
    prefix: String,
    _left: Mine,
}

impl Distant {
    pub(crate) async fn new() -> Self {
        let (url, at) = (url(), LoopbackAddr::new().free());
        let (login, rest) = url.rsplit_once('@').unwrap();
        let (host, vhost) = rest.split_once('/').unwrap();
        let to = tokio::net::lookup_host(host).await.unwrap().next().unwrap();
        let prefix = prefix();
        let left = Mine(Broker::new(&url, &prefix).unwrap());
        Self {
            broker: Broker::new(&format!("{login}@{at}/{vhost}"), &prefix).unwrap(),
            at,
            to,
            prefix,
            _left: left,
        }
    }

    /// The same queues, without the stretch of network.
    pub(crate) fn near(&self) -> Broker {
        Broker::new(&url(), &self.prefix).unwrap()
    }

    pub(crate) async fn connected(&self) -> Proxy {
        Proxy::start(self.at, self.to).await.unwrap()
    }
}

/// A server of the port. There is no door before the module: these tests want to see the carrier alone.
pub(crate) struct Server {
    pub(crate) broker: Broker,
    pub(crate) module: Arc<Module>,
    pub(crate) stop: CancellationToken,
    pub(crate) ended: JoinHandle<()>,
}

impl Server {
    /// At a broker that is there; serving when this returns.
    pub(crate) async fn start() -> Self {
        let server = Self::at(&broker(), Limits::default());
        server.ready().await;
        server
    }

    pub(crate) fn at(broker: &Broker, limits: Limits) -> Self {
        let module = Arc::<Module>::default();
        let port: Arc<dyn Example> = Arc::<Module>::clone(&module);
        let doors: Vec<Arc<dyn Dispatch>> = vec![Arc::new(Served(port))];
        let stop = CancellationToken::new();
        let server = RabbitServer::new(broker.clone(), doors, Arc::new(SequentialIds::new())).limits(limits);
        let ended = tokio::spawn(server.serve(stop.clone(), Duration::from_secs(5)));
        Self { broker: broker.clone(), module, stop, ended }
    }

    /// Waits until it answers.
    pub(crate) async fn ready(&self) {
        let client = self.client();
        until_async("it serves", LONG, async || client.echo(&cx(), text("x")).await).await;
    }

    pub(crate) fn client(&self) -> Arc<dyn Example> {
        client(&self.broker)
    }

    /// How many requests wait in its queue.
    pub(crate) async fn queued(&self) -> u32 {
        let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = self.broker.queue(<dyn Example>::DESC);
        channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap().message_count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The port, called over this broker.
pub(crate) fn client(broker: &Broker) -> Arc<dyn Example> {
    <dyn Example>::via(Remote(Arc::new(RabbitTransport::connect(broker))))
}
