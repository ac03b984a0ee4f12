//! The subscriber: takes the events out of a module's queue and hands them to its door, which puts them into the inbox.
//!
//! What has arrived is handed over together, and acknowledged after it was accepted; until then the broker keeps it.
//! An inbox that does not accept now is asked again, with pauses: nothing more is fetched meanwhile than the prefetch.
//! Each module has a connection of its own here, so what happens to the queue of one does not concern the others.
//!
//! It expects a [`Dispatch`] that is guarded (by the runtime's door).

use std::{
    collections::BTreeMap,
    io,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _};
use lapin::{
    Channel, Connection, Consumer, ErrorKind,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, BasicRejectOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use outgrow::{
    CallContext, Dispatch, Message as _,
    event::{self, Recorded},
};
use outgrow_runtime::Retry;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    Broker,
    again::{BYE, again},
    event::read,
};

/// How many events the broker gives us before we have acknowledged any.
const PREFETCH: u16 = 256;

/// How many are put into the inbox at once.
const BATCH: usize = 128;

/// How long that may take.
const BUDGET: Duration = Duration::from_secs(5);

/// The pauses while the inbox does not accept.
const AWAY: Retry =
    Retry { attempts: 1, first_pause: Duration::from_millis(100), longest_pause: Duration::from_secs(2) };

/// How long it may take until what was asked of a broker that has just let us in is done: queues that recover take
/// their time, and one that is stuck is not waited for on the same connection.
const OPEN: Duration = Duration::from_secs(10);

/// How often it is looked whether the broker is still there, should nobody tell.
const WATCH: Duration = Duration::from_secs(1);

/// Before the next batch when somebody else may want what was put back.
const PUT_BACK: Duration = Duration::from_millis(500);

/// How often it is looked whether anything is left for a module that is not reached by this carrier any more.
const LOOK: Duration = Duration::from_secs(30);

/// How long nothing may come until that is all.
const SILENCE: Duration = Duration::from_secs(1);

/// Takes the events for one module out of its queue.
pub(crate) struct Subscriber {
    broker: Broker,
    door: Arc<dyn Dispatch>,
    up: Arc<AtomicBool>,
    /// Whether it was told that something is no event.
    told: AtomicBool,
}

/// Events of one publisher.
type Batch = BTreeMap<&'static str, Vec<Recorded>>;

/// Where a message was put.
enum Sorted {
    /// With those that are accepted together.
    IntoBatch,
    /// Into the queue again: this build of the module does not listen to its stream, but another replica may.
    Back,
    /// Into the dead queue: it is no event.
    Away,
}

impl Subscriber {
    /// Takes them to this door; sets `up` while it can.
    pub(crate) fn new(broker: Broker, door: Arc<dyn Dispatch>, up: Arc<AtomicBool>) -> Self {
        Self { broker, door, up, told: AtomicBool::new(false) }
    }

    /// Goes on until `stop`, reaching the broker again whenever it was lost. What was not accepted by then stays in the
    /// queue.
    pub(crate) async fn serve(self, stop: CancellationToken, drain: Duration) {
        let what = format!("events for {}", self.module());
        let attempts = again(&self.broker, &what, &self.up, &stop, || self.consume(&what, &stop));
        let late = async {
            stop.cancelled().await;
            sleep(drain).await;
        };
        tokio::select! {
            () = attempts => {}
            () = late => tracing::warn!(what, "an inbox was still busy after the drain"),
        }
    }

    /// Takes what is left in the queue, if there is one, and looks again, until `stop`. A broker that is away is none of
    /// its concern.
    pub(crate) async fn take_what_is_left(self, stop: CancellationToken) {
        let what = format!("events left for {}", self.module());
        loop {
            let took = async {
                let connection = self.broker.connect(&what).await?;
                let took = self.empty(&connection, &stop).await;
                drop(timeout(BYE, connection.close(200, "bye".into())).await);
                took
            };
            if let Err(error) = took.await {
                tracing::debug!(%error, broker = %self.broker, what, "nobody can look for them now");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(LOOK) => {}
            }
        }
    }

    /// Takes what is in the queue, if there is one, until nothing more comes.
    async fn empty(&self, connection: &Connection, stop: &CancellationToken) -> lapin::Result<()> {
        let (queue, passive) = (
            self.broker.events(self.module()),
            QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() },
        );
        let channel = connection.create_channel().await?;
        let looking = channel.queue_declare(queue.as_str().into(), passive, FieldTable::default());
        // A queue that is stuck is looked at another time.
        let looked = timeout(OPEN, looking).await;
        if !looked.is_ok_and(|looked| looked.is_ok_and(|queue| queue.message_count() > 0)) {
            return Ok(()); // there is none, or nothing in it
        }
        let (module, broker) = (self.module(), &self.broker);
        tracing::info!(module, queue, %broker, "events are left from before: they are taken in");
        let mut arriving = self.arriving(&channel).await?;
        loop {
            let first = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                first = timeout(SILENCE, arriving.next()) => first,
            };
            let Ok(Some(first)) = first else { return Ok(()) };
            self.take(first?, &mut arriving, &channel, stop).await?;
        }
    }

    fn module(&self) -> &'static str {
        self.door.port().module()
    }

    /// Consumes until `stop` or until the broker is lost.
    async fn consume(&self, what: &str, stop: &CancellationToken) -> lapin::Result<()> {
        let connection = self.broker.connect(what).await?;
        let opening = async {
            let channel = connection.create_channel().await?;
            let arriving = self.open(&channel).await?;
            lapin::Result::Ok((channel, arriving))
        };
        let late = || lapin::Result::Err(io::Error::from(io::ErrorKind::TimedOut).into());
        let (channel, mut arriving) = timeout(OPEN, opening).await.unwrap_or_else(|_elapsed| late())?;
        self.up.store(true, Ordering::Relaxed);
        let ended = loop {
            let first = tokio::select! {
                () = stop.cancelled() => break Ok(()),
                () = lost(&channel) => break Err(ErrorKind::FutureCompleted.into()),
                first = arriving.next() => first,
            };
            let taken = match first {
                Some(Ok(first)) => self.take(first, &mut arriving, &channel, stop).await,
                Some(Err(error)) => Err(error),
                None => Err(ErrorKind::FutureCompleted.into()), // its queue was deleted
            };
            if taken.is_err() {
                break taken;
            }
        };
        // What is not acknowledged goes back to its place in the queue.
        drop(timeout(BYE, connection.close(200, "bye".into())).await);
        ended
    }

    /// The queues of the module, made if need be, and who consumes the first.
    async fn open(&self, channel: &Channel) -> lapin::Result<Consumer> {
        let (queue, dead) = (self.broker.events(self.module()), self.broker.dead(self.module()));
        let lasting = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let text = |text: &str| AMQPValue::LongString(text.into());
        let table = |arguments: &[(&str, AMQPValue)]| {
            let mut table = FieldTable::default();
            for (name, value) in arguments {
                table.insert((*name).into(), value.clone());
            }
            table
        };
        let quorum = ("x-queue-type", text("quorum"));
        let arguments = table(std::slice::from_ref(&quorum));
        channel.queue_declare(dead.as_str().into(), lasting, arguments).await?;
        let arguments = table(&[
            quorum,
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-routing-key", text(&dead)),
            // Kept until it is in the other queue; the broker wants the second for the first.
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
            // How often it comes again says nothing about an event: brokers since 4.0 would give it up at 20.
            ("x-delivery-limit", AMQPValue::LongInt(i32::MAX)),
        ]);
        channel.queue_declare(queue.as_str().into(), lasting, arguments).await?;
        self.arriving(channel).await
    }

    /// Who consumes the queue of the module.
    async fn arriving(&self, channel: &Channel) -> lapin::Result<Consumer> {
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let consuming = channel.basic_consume(
            self.broker.events(self.module()).into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        consuming.await
    }

    /// Takes what has arrived into the inbox, and acknowledges it.
    async fn take(
        &self,
        first: Delivery,
        arriving: &mut Consumer,
        channel: &Channel,
        stop: &CancellationToken,
    ) -> lapin::Result<()> {
        let (mut batch, mut last, mut put_back) = (Batch::new(), None, false);
        let (mut gathered, mut next) = (0, Some(first));
        while let Some(delivery) = next {
            let tag = delivery.delivery_tag;
            match self.sort(delivery, &mut batch).await? {
                Sorted::IntoBatch => last = Some(tag),
                Sorted::Back => put_back = true,
                Sorted::Away => {}
            }
            gathered += 1;
            next =
                if gathered < BATCH { arriving.next().now_or_never().flatten().transpose()? } else { None };
        }
        for (publisher, events) in batch {
            if !self.accepted(publisher, events, channel, stop).await? {
                return Ok(()); // it was asked to stop: they are not acknowledged
            }
        }
        if let Some(last) = last {
            channel.basic_ack(last, BasicAckOptions { multiple: true }).await?;
        }
        if put_back {
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(PUT_BACK) => {}
            }
        }
        Ok(())
    }

    /// Puts a message where it belongs.
    async fn sort(&self, delivery: Delivery, batch: &mut Batch) -> lapin::Result<Sorted> {
        let Delivery { properties, data, acker, .. } = delivery;
        let read = read(&properties, data).and_then(|(publisher, event)| {
            let stream = self.door.streams().iter().find(|stream| stream.to_string() == event.stream);
            match stream.map(|stream| stream.module()) {
                Some(module) if module != publisher => {
                    Err(format!("{publisher} does not publish `{}` (ADR 0007)", event.stream))
                }
                known => Ok((known, event)),
            }
        });
        match read {
            Ok((Some(publisher), event)) => {
                batch.entry(publisher).or_default().push(event);
                Ok(Sorted::IntoBatch)
            }
            Ok((None, event)) => {
                tracing::debug!(module = self.module(), stream = event.stream, "not listened to: put back");
                acker.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await?;
                Ok(Sorted::Back)
            }
            Err(why) => {
                let (module, dead) = (self.module(), self.broker.dead(self.module()));
                if self.told.swap(true, Ordering::Relaxed) {
                    tracing::debug!(module, dead, why, "a message is no event");
                } else {
                    tracing::error!(module, dead, why, "a message is no event: it is in the dead queue");
                }
                acker.reject(BasicRejectOptions { requeue: false }).await?;
                Ok(Sorted::Away)
            }
        }
    }

    /// Hands events to the door until it accepts them. False if it was asked to stop before.
    async fn accepted(
        &self,
        publisher: &'static str,
        events: Vec<Recorded>,
        channel: &Channel,
        stop: &CancellationToken,
    ) -> lapin::Result<bool> {
        let Some(correlation) = events.first().map(|event| event.correlation) else { return Ok(true) };
        let body = event::Delivery { events }.to_bytes();
        let mut failures = 0_u32;
        loop {
            let cx = CallContext::new(publisher, correlation).within(BUDGET);
            let handing = self.door.dispatch(&self.door.port().delivery, &cx, &body);
            let why = match AssertUnwindSafe(handing).catch_unwind().await {
                Ok(Ok(_accepted)) => {
                    if failures > 0 {
                        tracing::info!(module = self.module(), "the inbox takes events again");
                    }
                    return Ok(true);
                }
                Ok(Err(failure)) => failure.why().map(ToString::to_string).unwrap_or_default(),
                Err(_panic) => "the inbox panicked".to_owned(),
            };
            if failures == 0 {
                tracing::warn!(module = self.module(), why, "the inbox does not take events: they wait");
            }
            failures = failures.saturating_add(1);
            tokio::select! {
                () = stop.cancelled() => return Ok(false),
                () = sleep(AWAY.pause(failures)) => {}
            }
            if !channel.status().connected() {
                return Err(ErrorKind::FutureCompleted.into()); // somebody else gets them
            }
        }
    }
}

/// Returns when the channel is closed, and perhaps nobody has told its consumer.
async fn lost(channel: &Channel) {
    while channel.status().connected() {
        sleep(WATCH).await;
    }
}
