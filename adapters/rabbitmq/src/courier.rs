//! The courier: publishes events to the queue of one subscriber, and copies to the exchange for everybody.
//!
//! A window has a channel that no other window uses at the same time, because of how lapin tells what the broker
//! returned: with *some* confirm of the channel, and perhaps a later one than its own. So only when all of a window are
//! confirmed is it known which of them nobody has: those confirmed and not returned are taken. Of a window that is not
//! confirmed as a whole nothing is, and its channel is used no more.
//!
//! Copies go at the same time, unless the queue was not there the last time: foreign consumers may see an event before
//! the subscriber has it, and more than once. [`copies`] says which are sent.

mod copies;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::{join, try_join_all};
use lapin::{
    Channel, Confirmation, Connection, ExchangeKind, PublisherConfirm,
    options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions},
    types::{FieldTable, ShortString},
};
use outgrow::{BoxFuture, event::Recorded};
use outgrow_runtime::{
    crash,
    events::{Courier, Taken},
    link::{Connect, Link},
};
use tokio::time::{Instant, timeout, timeout_at};
use uuid::Uuid;

use crate::{Broker, event};
use copies::Unwanted;

/// How long one delivery may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long foreign consumers' queues may hold up a window.
const COPIES: Duration = Duration::from_secs(1);

/// The connection that events of this process leave by. Clones share it.
#[derive(Clone)]
pub(crate) struct Events {
    broker: Broker,
    link: Arc<Link<Publishing>>,
}

impl Events {
    pub(crate) fn over(broker: Broker) -> Self {
        Self { link: Link::new(Publishing(broker.clone())), broker }
    }
}

/// How that connection comes about.
pub(crate) struct Publishing(Broker);

impl Connect for Publishing {
    type Connection = Arc<Connection>;

    fn connect(&self) -> BoxFuture<'_, Result<Arc<Connection>, Arc<str>>> {
        Box::pin(async {
            let connected = self.0.connect("events").await;
            connected.map(Arc::new).map_err(|error| Arc::from(error.to_string()))
        })
    }

    fn is_closed(connection: &Arc<Connection>) -> bool {
        !connection.status().connected()
    }
}

/// Brings events of one module to one subscriber.
pub(crate) struct RabbitCourier {
    events: Events,
    source: String,
    queue: String,
    /// Taken out by each window, and put back by one that was confirmed.
    sessions: Mutex<Vec<Session>>,
}

/// Two channels in confirm mode: what is returned on one has nothing to do with the other.
struct Session {
    connection: Arc<Connection>,
    events: Channel,
    copies: Channel,
    /// Whether the queue was there the last time.
    routable: bool,
    unwanted: Unwanted,
}

impl RabbitCourier {
    /// From the module `publisher` to the module `subscriber`.
    pub(crate) fn new(events: &Events, publisher: &str, subscriber: &str) -> Self {
        let (source, queue) = (events.broker.source(publisher), events.broker.events(subscriber));
        Self { events: events.clone(), source, queue, sessions: Mutex::default() }
    }

    fn kept(&self) -> Option<Session> {
        let mut sessions = self.sessions();
        sessions.retain(Session::lasts);
        sessions.pop()
    }

    fn sessions(&self) -> MutexGuard<'_, Vec<Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn session(&self) -> Result<Session, String> {
        if let Some(session) = self.kept() {
            return Ok(session);
        }
        let broker = &self.events.broker;
        let connection = self.events.link.connection().await;
        let connection = connection.map_err(|why| format!("the broker {broker} cannot be reached: {why}"))?;
        let opened = Session::open(connection, broker).await;
        opened.map_err(|error| format!("the broker {broker} does not let us publish: {error}"))
    }

    async fn window(&self, session: &mut Session, events: &[Recorded]) -> Result<Taken, String> {
        if session.connection.status().blocked() {
            // What is sent now would wait in this process, and leave long after it was given up.
            return Err(format!("the broker {} takes no messages now", self.events.broker));
        }
        let taken = if session.routable {
            // As a rule all of it is taken.
            let (taken, unwanted) = join(self.send(session, events), self.copy(session, events)).await;
            session.unwanted = unwanted?;
            taken?
        } else {
            // While nobody has made the queue, one event is enough to find out.
            let window = events.get(..1).unwrap_or(events);
            let taken = self.send(session, window).await?;
            if taken.trouble.is_none() {
                session.unwanted = self.copy(session, window).await?;
            }
            taken
        };
        session.routable = taken.trouble.is_none();
        Ok(taken)
    }

    /// Publishes to the queue of the subscriber.
    async fn send(&self, session: &Session, window: &[Recorded]) -> Result<Taken, String> {
        let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sending = window.iter().map(|event| {
            let queue = self.queue.as_str().into();
            self.publish(&session.events, "", queue, mandatory, event)
        });
        let confirms = try_join_all(sending).await?;
        crash::point(&["courier", "published"]);
        let confirmed = try_join_all(confirms).await.map_err(|error| error.to_string())?;
        Ok(settled(window, confirmed.into_iter().map(Told::from).collect(), &self.queue))
    }

    /// Publishes copies, and tells of which kinds nobody wants any. Foreign consumers who have no room, or whose queues
    /// are stuck, go without.
    async fn copy(&self, session: &Session, window: &[Recorded]) -> Result<Unwanted, String> {
        let (sent, kept) = session.unwanted.part(window);
        let Some(returned) = self.copies(session, sent).await? else { return Ok(Unwanted::default()) };
        let unwanted = session.unwanted.after(window, &returned);
        let wanted = kept.into_iter().filter(|event| !unwanted.contains(event)).map(|event| (event, false));
        self.copies(session, wanted.collect()).await?;
        Ok(unwanted)
    }

    /// Publishes these, and those to be returned if nobody wants them so. The kinds of what was; none if the broker did
    /// not confirm them in time.
    async fn copies(
        &self,
        session: &Session,
        copies: Vec<(&Recorded, bool)>,
    ) -> Result<Option<HashSet<String>>, String> {
        let exchange = self.events.broker.exchange();
        let sending = copies.into_iter().map(|(event, mandatory)| {
            let options = BasicPublishOptions { mandatory, ..BasicPublishOptions::default() };
            self.publish(&session.copies, &exchange, copies::key(event), options, event)
        });
        let confirms = try_join_all(sending).await?;
        match timeout(COPIES, try_join_all(confirms)).await {
            Ok(Err(error)) => Err(format!("copies for foreign consumers: {error}")),
            Ok(Ok(confirmed)) => {
                let returned = confirmed.into_iter().filter_map(Confirmation::take_message);
                Ok(Some(returned.map(|copy| copy.delivery.routing_key.to_string()).collect()))
            }
            Err(_late) => Ok(None),
        }
    }

    async fn publish(
        &self,
        channel: &Channel,
        exchange: &str,
        key: ShortString,
        options: BasicPublishOptions,
        event: &Recorded,
    ) -> Result<PublisherConfirm, String> {
        let previous = event.previous.filter(|_| exchange.is_empty());
        let properties = event::properties(&self.source, event, previous)?;
        let sent = channel.basic_publish(exchange.into(), key, options, event.data.as_bytes(), properties);
        sent.await.map_err(|error| error.to_string())
    }
}

/// What one confirm says.
struct Told {
    /// Whether the broker took the event that was published.
    acked: bool,
    /// Which event came back, perhaps another one, and why.
    returned: Option<(Option<Uuid>, String)>,
}

impl From<Confirmation> for Told {
    fn from(confirmation: Confirmation) -> Self {
        let acked = confirmation.is_ack();
        let returned = confirmation.take_message();
        let returned = returned.map(|it| (event::id(&it.delivery.properties), it.reply_text.to_string()));
        Self { acked, returned }
    }
}

/// What came of a window that was confirmed as a whole.
fn settled(window: &[Recorded], confirmed: Vec<Told>, queue: &str) -> Taken {
    let (mut without, mut trouble) = (HashSet::new(), None);
    for (event, told) in window.iter().zip(confirmed) {
        if !told.acked {
            without.insert(event.id);
            trouble = Some(format!("the broker did not take it into `{queue}`"));
        }
        if let Some((id, why)) = told.returned {
            let why = format!("`{queue}` is not there: {why}");
            let Some(id) = id else { return Taken::none(why) };
            without.insert(id);
            trouble = Some(why);
        }
    }
    let ids = window.iter().map(|event| event.id);
    Taken { events: ids.filter(|id| !without.contains(id)).collect(), trouble }
}

#[async_trait]
impl Courier for RabbitCourier {
    fn place(&self) -> String {
        format!("`{}` at {}", self.queue, self.events.broker)
    }

    async fn deliver(&self, events: &[Recorded]) -> Taken {
        let end = Instant::now() + PATIENCE;
        let late = || format!("the broker {} did not confirm within {PATIENCE:?}", self.events.broker);
        let delivery = async {
            let mut session = self.session().await?;
            let taken = self.window(&mut session, events).await?;
            self.sessions().push(session);
            Ok(taken)
        };
        let delivered = timeout_at(end, delivery).await.unwrap_or_else(|_elapsed| Err(late()));
        delivered.unwrap_or_else(Taken::none)
    }
}

impl Session {
    async fn open(connection: Arc<Connection>, broker: &Broker) -> lapin::Result<Self> {
        let (events, copies) = tokio::try_join!(connection.create_channel(), connection.create_channel())?;
        for channel in [&events, &copies] {
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
        }
        let lasting = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let exchange = broker.exchange().into();
        copies.exchange_declare(exchange, ExchangeKind::Topic, lasting, FieldTable::default()).await?;
        Ok(Self { connection, events, copies, routable: false, unwanted: Unwanted::default() })
    }

    fn lasts(&self) -> bool {
        [&self.events, &self.copies].iter().all(|channel| channel.status().connected())
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;

    fn event(number: u64) -> Recorded {
        Recorded {
            id: Uuid::from_u128(number.into()),
            stream: "ordering.v1.OrderEvent".to_owned(),
            key: "17".to_owned(),
            sequence: number,
            kind: "ordering.v1.order_placed".to_owned(),
            data: "{}".to_owned(),
            at: OffsetDateTime::UNIX_EPOCH,
            correlation: Uuid::nil(),
            causation: None,
            previous: None,
        }
    }

    #[test]
    fn what_came_back_is_not_taken_whichever_confirm_it_came_with() {
        let window = [event(1), event(2), event(3)];
        let id = |number: u128| Uuid::from_u128(number);
        let told = |acked, returned: Option<Option<Uuid>>| Told {
            acked,
            returned: returned.map(|id| (id, "NO_ROUTE".to_owned())),
        };
        let taken = |told: [Told; 3]| settled(&window, told.into(), "q");
        let all = taken([told(true, None), told(true, None), told(true, None)]);
        assert_eq!(all, Taken { events: vec![id(1), id(2), id(3)], trouble: None });

        let late = taken([told(true, Some(Some(id(3)))), told(true, None), told(true, Some(Some(id(2))))]);
        assert_eq!(late.events, [id(1)]);
        assert_eq!(late.trouble.as_deref(), Some("`q` is not there: NO_ROUTE"));

        let full = taken([told(true, None), told(false, None), told(false, Some(Some(id(1))))]);
        assert_eq!(full.events, Vec::<Uuid>::new());
        assert!(full.trouble.is_some());

        let whose = taken([told(true, None), told(true, Some(None)), told(true, None)]);
        assert_eq!(whose.events, Vec::<Uuid>::new(), "any of them may have come back");
    }
}
