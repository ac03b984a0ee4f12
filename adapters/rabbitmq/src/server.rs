//! The server: every port of a process, each with its queue.
//!
//! It reads the context of a call, hands the bytes to the port's [`Dispatch`] and publishes what comes back. Requests
//! are consumed on one connection and answered on another, so that a broker which stops its publishers does not stop
//! its consumers. It expects a [`Dispatch`] that is guarded (by the runtime's door).

use std::{
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{
    FutureExt as _, Stream, StreamExt as _,
    stream::{self, SelectAll},
};
use lapin::{
    Channel, Connection, Consumer, ErrorKind, Event,
    message::Delivery,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
        QueueDeclareOptions,
    },
    types::FieldTable,
};
use outgrow::{CallError, CauseKind, Dispatch, IdGen, Kind, Reply};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Broker,
    again::{BYE, again},
    message,
};

/// What callers may ask of a server at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most calls in flight of one port. Beyond it requests wait in the queue, until they expire.
    pub calls: u16,
    /// The largest request, in bytes.
    pub message: usize,
}

impl Default for Limits {
    /// 256 calls a port, 4 MiB.
    fn default() -> Self {
        Self { calls: 256, message: 4 * 1024 * 1024 }
    }
}

/// What is served at a broker, and how.
pub struct RabbitServer {
    broker: Broker,
    ports: Vec<Arc<dyn Dispatch>>,
    ids: Arc<dyn IdGen>,
    limits: Limits,
    up: Arc<AtomicBool>,
}

impl std::fmt::Debug for RabbitServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let queues: Vec<_> = self.ports.iter().map(|port| self.broker.queue(port.port())).collect();
        f.debug_struct("RabbitServer")
            .field("broker", &self.broker)
            .field("queues", &queues)
            .finish_non_exhaustive()
    }
}

/// A port, and the channel that its requests come by.
struct Consumed {
    channel: Channel,
    tag: lapin::types::ShortString,
}

impl RabbitServer {
    /// A server of these ports. `ids` makes correlation ids for foreign callers who send none.
    pub fn new(broker: Broker, ports: Vec<Arc<dyn Dispatch>>, ids: Arc<dyn IdGen>) -> Self {
        Self { broker, ports, ids, limits: Limits::default(), up: Arc::default() }
    }

    /// With these limits instead of [`Limits::default`].
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Set while requests can arrive.
    pub(crate) fn telling(self, up: Arc<AtomicBool>) -> Self {
        Self { up, ..self }
    }

    /// Serves until `stop`, reaching the broker again whenever it was lost. Then takes no new requests, and lets those
    /// in flight end, at most as long as `drain`.
    pub async fn serve(self, stop: CancellationToken, drain: Duration) {
        let server = Arc::new(self);
        let attempt = || Arc::clone(&server).consume(&stop, drain);
        again(&server.broker, "requests", &server.up, &stop, attempt).await;
    }

    /// Consumes until `stop` or until the broker is lost.
    async fn consume(self: Arc<Self>, stop: &CancellationToken, drain: Duration) -> lapin::Result<()> {
        let (requests, answers) =
            tokio::try_join!(self.broker.connect("requests"), self.broker.connect("answers"))?;
        let out = answers.create_channel().await?;
        let (mut arriving, mut consumed) = (SelectAll::new(), Vec::new());
        for port in &self.ports {
            let (consumer, of) = self.open(&requests, port).await?;
            let port = Arc::clone(port);
            // The end of one is told by itself (its queue was deleted): the others go on.
            let end = stream::once(async { Err(ErrorKind::FutureCompleted.into()) });
            let requests = consumer.chain(end);
            arriving.push(requests.map(move |request| (Arc::clone(&port), request)).boxed());
            consumed.push(of);
        }
        self.up.store(true, Ordering::Relaxed);
        tracing::debug!(broker = %self.broker, ports = self.ports.len(), "serving");
        let calls = TaskTracker::new();
        let mut answering = pin!(broken(answers.events_listener()));
        let ended = loop {
            let arrived = tokio::select! {
                () = stop.cancelled() => break Ok(()),
                // Nothing is executed that could not be answered.
                error = &mut answering => break Err(error),
                arrived = arriving.next() => arrived,
            };
            match arrived {
                Some((port, Ok(request))) => {
                    let (server, out) = (Arc::clone(&self), out.clone());
                    calls.spawn(async move { server.answer(&*port, request, &out).await });
                }
                Some((_, Err(error))) => break Err(error),
                None => break Err(ErrorKind::FutureCompleted.into()),
            }
        };
        if ended.is_ok() {
            for Consumed { channel, tag } in consumed {
                drop(timeout(BYE, channel.basic_cancel(tag, BasicCancelOptions::default())).await);
            }
            // What the broker had sent before it heard is answered, too.
            while let Ok(Some((port, request))) = timeout(BYE, arriving.next()).await {
                if let Ok(request) = request {
                    let (server, out) = (Arc::clone(&self), out.clone());
                    calls.spawn(async move { server.answer(&*port, request, &out).await });
                }
            }
            calls.close();
            if timeout(drain, calls.wait()).await.is_err() {
                tracing::warn!(calls = calls.len(), "calls were still busy after the drain");
            }
        }
        for connection in [requests, answers] {
            drop(timeout(BYE, connection.close(200, "bye".into())).await);
        }
        ended
    }

    /// The queue of a port, made if need be, and who consumes it.
    async fn open(
        &self,
        requests: &Connection,
        port: &Arc<dyn Dispatch>,
    ) -> lapin::Result<(Consumer, Consumed)> {
        let queue = self.broker.queue(port.port());
        let channel = requests.create_channel().await?;
        let lasting =
            QueueDeclareOptions { durable: true, auto_delete: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(queue.as_str().into(), lasting, FieldTable::default()).await?;
        channel.basic_qos(self.limits.calls, BasicQosOptions::default()).await?;
        let consumer = channel
            .basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
            .await?;
        let tag = consumer.tag();
        Ok((consumer, Consumed { channel, tag }))
    }

    async fn answer(&self, port: &dyn Dispatch, mut request: Delivery, out: &Channel) {
        let body = Bytes::from(std::mem::take(&mut request.data));
        let dispatched = AssertUnwindSafe(self.dispatch(port, &request, body)).catch_unwind().await;
        let reply = dispatched
            .unwrap_or_else(|_panic| Err(CallError::in_doubt(CauseKind::Internal, "the module panicked")));
        if let Some(to) = request.properties.reply_to() {
            let (mut properties, body) = message::reply(reply);
            if let Some(id) = request.properties.correlation_id() {
                properties = properties.with_correlation_id(id.clone());
            }
            let sent =
                out.basic_publish("".into(), to.clone(), BasicPublishOptions::default(), &body, properties);
            if let Err(error) = sent.await {
                tracing::debug!(%error, "an answer could not be sent");
            }
        }
        if let Err(error) = request.acker.ack(BasicAckOptions::default()).await {
            tracing::debug!(%error, "a request could not be acknowledged");
        }
    }

    async fn dispatch(&self, port: &dyn Dispatch, request: &Delivery, body: Bytes) -> Reply {
        let (name, cx) = message::read_request(&request.properties, &*self.ids)?;
        let served = port.port();
        let method = served.served().find(|method| method.name == name).ok_or_else(|| {
            CallError::not_executed(CauseKind::Unserved, format!("{served} has no method `{name}`"))
        })?;
        if body.len() > self.limits.message {
            let detail = format!("the request has {} bytes, more than {}", body.len(), self.limits.message);
            return Err(CallError::not_executed(CauseKind::BadRequest, detail));
        }
        if request.redelivered && method.kind == Kind::Once {
            let detail = "it was delivered before, and may be executed once only";
            return Err(CallError::in_doubt(CauseKind::Lost, detail));
        }
        port.dispatch(method, &cx, &body).await
    }
}

/// Ends when a connection does, by what is heard of it.
async fn broken(events: impl Stream<Item = Event>) -> lapin::Error {
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        if let Event::Error(error) = event {
            return error;
        }
    }
    ErrorKind::FutureCompleted.into()
}
