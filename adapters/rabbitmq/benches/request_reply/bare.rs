//! Request and reply in bare lapin, written as well as it can be, and as safe as the carrier's: requests are mandatory
//! and confirmed, each is acknowledged when it was answered, and answers leave by another connection than requests
//! arrive by. It sends neither a deadline nor any other context.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::Sender,
    },
};

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, PublisherConfirm,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
        QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};
use outgrow_testkit::contest::{Client, Failure};
use prost::Message as _;
use tokio::sync::oneshot;

use crate::pricing::twin::{Basket, Quote};

const REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// As many requests at once as the carrier takes.
const PREFETCH: u16 = 256;

async fn open(url: &str) -> Result<(Connection, Channel), Failure> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

/// Serves until the process ends; tells its queue.
pub(crate) async fn serve(url: String, queue: String, serving: Sender<String>) -> Result<(), Failure> {
    let (_requests, requests) = open(&url).await?;
    let (_answers, answers) = open(&url).await?;
    let lasting = QueueDeclareOptions { durable: true, auto_delete: true, ..QueueDeclareOptions::default() };
    requests.queue_declare(queue.as_str().into(), lasting, FieldTable::default()).await?;
    requests.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let (name, options) = (queue.as_str().into(), BasicConsumeOptions::default());
    let mut arriving = requests.basic_consume(name, "".into(), options, FieldTable::default()).await?;
    serving.send(queue)?;
    while let Some(request) = arriving.next().await {
        drop(tokio::spawn(answer(request?, answers.clone())));
    }
    Ok(())
}

async fn answer(request: Delivery, answers: Channel) -> Result<(), Failure> {
    let quote = Basket::decode(&*request.data)?.quote().encode_to_vec();
    let to = request.properties.reply_to().clone().ok_or("nobody wants the answer")?;
    let id = request.properties.correlation_id().clone().ok_or("nobody knows the answer")?;
    let properties = BasicProperties::default().with_correlation_id(id);
    answers.basic_publish("".into(), to, BasicPublishOptions::default(), &quote, properties).await?;
    request.acker.ack(BasicAckOptions::default()).await?;
    Ok(())
}

/// A client.
#[derive(Clone)]
pub(crate) struct Lapin {
    channel: Channel,
    _connection: Arc<Connection>,
    queue: ShortString,
    waiting: Arc<Waiting>,
}

/// Who waits, by the correlation id of their request.
#[derive(Default)]
struct Waiting {
    calls: Mutex<HashMap<u64, oneshot::Sender<Vec<u8>>>>,
    last: AtomicU64,
}

impl Waiting {
    fn calls(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Vec<u8>>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lapin {
    pub(crate) async fn connect(url: &str, queue: String) -> Result<Self, Failure> {
        let (connection, channel) = open(url).await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let mut answers =
            channel.basic_consume(REPLY_TO.into(), "".into(), no_ack, FieldTable::default()).await?;
        let waiting = Arc::new(Waiting::default());
        let told = Arc::clone(&waiting);
        drop(tokio::spawn(async move {
            while let Some(Ok(answer)) = answers.next().await {
                let tell = correlation(&answer.properties).and_then(|id| told.calls().remove(&id));
                if let Some(tell) = tell {
                    drop(tell.send(answer.data));
                }
            }
        }));
        Ok(Self { channel, _connection: Arc::new(connection), queue: queue.into(), waiting })
    }
}

fn correlation(properties: &BasicProperties) -> Option<u64> {
    properties.correlation_id().as_ref()?.as_str().parse().ok()
}

/// Whoever sent what is returned stops waiting. In a task of its own, because an answer may overtake its confirm, and a
/// confirm that is dropped stays in lapin's memory.
async fn settle(confirm: PublisherConfirm, waiting: Arc<Waiting>) {
    let returned = confirm.await.ok().and_then(Confirmation::take_message);
    if let Some(id) = returned.and_then(|returned| correlation(&returned.delivery.properties)) {
        waiting.calls().remove(&id);
    }
}

impl Client for Lapin {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        let id = self.waiting.last.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.waiting.calls().insert(id, tell);
        let body = Basket::nth(nth).encode_to_vec();
        let properties = BasicProperties::default()
            .with_reply_to(REPLY_TO.into())
            .with_correlation_id(id.to_string().into());
        let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = self.channel.basic_publish("".into(), self.queue.clone(), mandatory, &body, properties);
        drop(tokio::spawn(settle(sent.await?, Arc::clone(&self.waiting))));
        let quote = Quote::decode(&*told.await?)?;
        if quote.total == 0 { Err("nothing was added up".into()) } else { Ok(()) }
    }
}
