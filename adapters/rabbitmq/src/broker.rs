//! The broker: where it is, and what belongs to this system there.

use std::{
    fmt,
    io::{self, ErrorKind},
    str::FromStr as _,
    sync::Arc,
    time::Duration,
};

use lapin::{
    Connection, ConnectionProperties, Queue,
    options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
    uri::AMQPUri,
};
use outgrow::PortDesc;
use tokio::time::timeout;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How often either side shows that it is alive, in seconds, if the url does not say. After two that are missing the
/// connection is given up.
const HEARTBEAT: u16 = 10;

/// The longest prefix, in characters.
const LONGEST_PREFIX: usize = 40;

/// A broker, and the prefix that keeps systems on it apart. Clones are the same.
#[derive(Clone)]
pub struct Broker(Arc<Inner>);

struct Inner {
    uri: AMQPUri,
    prefix: String,
}

/// Why a broker cannot be used. Never repeats a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// Not a url of AMQP.
    #[error("not a broker's url like `amqp://user:password@host:5672/%2f`: {0}")]
    Url(String),
    /// Not a prefix.
    #[error("`{0}` cannot be a prefix: use 1 to 40 of a-z, 0-9, `-` and `.`")]
    Prefix(String),
}

impl Broker {
    /// The broker at `url`, such as `amqp://guest:guest@127.0.0.1:5672/%2f`. Nothing is connected before it is used.
    ///
    /// # Errors
    /// When the url or the prefix cannot be one.
    pub fn new(url: &str, prefix: &str) -> Result<Self, BrokerError> {
        let mut uri = AMQPUri::from_str(url).map_err(BrokerError::Url)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(plain) {
            return Err(BrokerError::Prefix(prefix.to_owned()));
        }
        Ok(Self(Arc::new(Inner { uri, prefix: prefix.to_owned() })))
    }

    /// The queue that calls to this port arrive in.
    pub fn queue(&self, port: &PortDesc) -> String {
        self.queue_of(port.package, port.name)
    }

    pub(crate) fn queue_of(&self, package: &str, port: &str) -> String {
        format!("{}.call.{package}.{port}", self.0.prefix)
    }

    /// The queue that the events for a module arrive in.
    pub fn events(&self, module: &str) -> String {
        format!("{}.events.{module}", self.0.prefix)
    }

    /// The queue for what arrived there and is no event.
    pub fn dead(&self, module: &str) -> String {
        format!("{}.events.{module}.dead", self.0.prefix)
    }

    /// The exchange where anybody may hear of any event.
    pub fn exchange(&self) -> String {
        exchange(&self.0.prefix)
    }

    /// Takes away what was made for the events of a module, with whatever is in it: for one that has left the broker
    /// and has handled all there was. Repeating it is harmless.
    ///
    /// # Errors
    /// When somebody consumes the queue: it would be made again at once. When the broker cannot be reached, or refuses.
    pub async fn forget(&self, module: &str) -> Result<(), String> {
        let forget = async {
            let connection = self.connect("forgets").await?;
            let queue = self.events(module);
            // RabbitMQ has no `if-unused` for quorum queues.
            let consumers = consumers(&connection, &queue).await;
            if consumers == 0 {
                let channel = connection.create_channel().await?;
                for queue in [queue, self.dead(module)] {
                    channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
                }
                let exchange = ExchangeDeleteOptions { if_unused: true, ..ExchangeDeleteOptions::default() };
                channel.exchange_delete(self.exchange().into(), exchange).await?;
            }
            // All of it is confirmed: how the connection ends changes nothing.
            drop(connection.close(200, "done".into()).await);
            Ok(consumers)
        };
        match forget.await {
            Ok(0) => Ok(()),
            Ok(consumers) => Err(format!("`{}` has {consumers} consumers", self.events(module))),
            Err(error) => Err(lapin::Error::to_string(&error)),
        }
    }

    /// What `CloudEvents` calls the source of the events of a module.
    pub(crate) fn source(&self, module: &str) -> String {
        source(&self.0.prefix, module)
    }

    /// Connects, within [`CONNECT`]. `purpose` is what operators see.
    pub(crate) async fn connect(&self, purpose: &str) -> lapin::Result<Connection> {
        let name = format!("{} {purpose}", self.0.prefix);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = Connection::connect_uri(self.0.uri.clone(), properties);
        timeout(CONNECT, connecting)
            .await
            .unwrap_or_else(|_elapsed| Err(io::Error::from(ErrorKind::TimedOut).into()))
    }
}

/// See [`Broker::exchange`].
pub(crate) fn exchange(prefix: &str) -> String {
    format!("{prefix}.events")
}

/// See [`Broker::source`].
pub(crate) fn source(prefix: &str, module: &str) -> String {
    format!("{prefix}/{module}")
}

/// How many consume a queue; none if it is not there.
async fn consumers(connection: &Connection, queue: &str) -> u32 {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let found = async {
        let channel = connection.create_channel().await?;
        channel.queue_declare(queue.into(), passive, FieldTable::default()).await
    };
    found.await.map_or(0, |queue: Queue| queue.consumer_count())
}

/// Where it is, without a password.
impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AMQPUri { authority, vhost, .. } = &self.0.uri;
        write!(f, "{}@{}:{}/{vhost}", authority.userinfo.username, authority.host, authority.port)
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_never_shows_its_password() {
        let broker = Broker::new("amqp://guest:secret-7@127.0.0.1:5672/%2f", "shop").unwrap();
        assert_eq!(format!("{broker} {broker:?}"), "guest@127.0.0.1:5672// Broker(guest@127.0.0.1:5672//)");
        let error = Broker::new("amqp://guest:secret-7@:x/", "shop").unwrap_err();
        assert!(!error.to_string().contains("secret-7"), "{error}");
    }

    #[test]
    fn a_prefix_is_short_and_plain() {
        let broker = |prefix: &str| Broker::new("amqp://127.0.0.1", prefix);
        for prefix in ["", "Shop", "a b", &"x".repeat(41)] {
            assert_eq!(broker(prefix).unwrap_err(), BrokerError::Prefix(prefix.to_owned()));
        }
        assert_eq!(broker("shop-2").unwrap().queue_of("a.v1", "A"), "shop-2.call.a.v1.A");
    }
}
