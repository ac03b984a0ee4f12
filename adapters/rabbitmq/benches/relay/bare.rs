//! Bare lapin: a window is published, then all of it is confirmed.

use std::time::Instant;

use futures_util::future::try_join_all;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
    },
    types::{AMQPValue, FieldTable},
};
use outgrow_testkit::contest::Failure;

use crate::{EVENTS, WINDOW};

/// As an event on its way to a subscriber.
const BODY: &[u8] = br#"{"parcel": "01890a5d-ac96-774b-bcce-b302099a8057", "pieces": 2}"#;
const ATTRIBUTES: [(&str, &str); 10] = [
    ("cloudEvents_specversion", "1.0"),
    ("cloudEvents_id", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("cloudEvents_source", "bench/shelf"),
    ("cloudEvents_type", "shelf.v1.packed"),
    ("cloudEvents_subject", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("cloudEvents_time", "2026-03-01T12:00:00Z"),
    ("cloudEvents_stream", "shelf.v1.ParcelEvent"),
    ("cloudEvents_sequence", "00000000000000000001"),
    ("cloudEvents_correlationid", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("cloudEvents_causationid", "01890a5d-ac96-774b-bcce-b302099a8057"),
];

/// A queue of the kind that a subscriber's is.
pub(crate) struct Queue {
    name: String,
    channel: Channel,
    connection: Connection,
}

impl Queue {
    pub(crate) async fn declare(url: &str, name: String) -> Result<Self, Failure> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let lasting = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let mut kind = FieldTable::default();
        kind.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        kind.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
        channel.queue_declare(name.as_str().into(), lasting, kind).await?;
        Ok(Self { name, channel, connection })
    }

    /// Empties it. It must have held that many.
    pub(crate) async fn empty(&self, events: u32) -> Result<(), Failure> {
        let held = self.channel.queue_purge(self.name.as_str().into(), QueuePurgeOptions::default()).await?;
        if held == events { Ok(()) } else { Err(format!("{} held {held}, not {events}", self.name).into()) }
    }

    pub(crate) async fn delete(&self) -> Result<(), Failure> {
        self.channel.queue_delete(self.name.as_str().into(), QueueDeleteOptions::default()).await?;
        Ok(())
    }
}

/// Who publishes from memory.
pub(crate) struct Publisher {
    pub(crate) queue: Queue,
    channel: Channel,
    properties: BasicProperties,
}

impl Publisher {
    pub(crate) async fn connect(url: &str, queue: String) -> Result<Self, Failure> {
        let queue = Queue::declare(url, queue).await?;
        let channel = queue.connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let mut headers = FieldTable::default();
        for (name, value) in ATTRIBUTES {
            headers.insert(name.into(), AMQPValue::LongString(value.into()));
        }
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(2)
            .with_message_id("01890a5d-ac96-774b-bcce-b302099a8057".into())
            .with_headers(headers);
        Ok(Self { queue, channel, properties })
    }

    /// Events per second.
    pub(crate) async fn publish(&self) -> Result<f64, Failure> {
        let begun = Instant::now();
        let events: Vec<u32> = (0..EVENTS).collect();
        for window in events.chunks(WINDOW) {
            let sending = window.iter().map(|_| {
                let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
                let to = self.queue.name.as_str().into();
                self.channel.basic_publish("".into(), to, mandatory, BODY, self.properties.clone())
            });
            for confirmed in try_join_all(try_join_all(sending).await?).await? {
                if !confirmed.is_ack() {
                    return Err("the broker did not take an event".into());
                }
            }
        }
        let took = f64::from(EVENTS) / begun.elapsed().as_secs_f64();
        self.queue.empty(EVENTS).await?;
        Ok(took)
    }
}
