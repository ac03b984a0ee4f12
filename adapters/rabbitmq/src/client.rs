//! The client: calls to whoever serves a port at a broker.
//!
//! Requests and answers share one channel, as direct reply-to demands. A request that nobody takes is returned by the
//! broker, and it is the *returned message's* correlation id that says which it was: lapin hands a return over with
//! whichever confirm completes next.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ErrorKind, PublisherConfirm,
    options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions},
    types::FieldTable,
};
use outgrow::{BoxFuture, CallError, CauseKind, Envelope, Reply, Transport};
use outgrow_runtime::link::{Connect, Link};
use tokio::{sync::oneshot, time::timeout_at};

use crate::{Broker, message};

/// The pseudo-queue that a client's answers come back to.
const REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// The largest request, in bytes: as over gRPC.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// For how long whoever was met behind a broker is taken to be there still.
const ACQUAINTED: Duration = Duration::from_secs(30);

/// Calls to the ports of one package, over one broker. All of a process share a connection.
pub struct RabbitTransport {
    calls: Calls,
    since: Instant,
}

/// The connection that calls of this process leave by. Clones share it.
#[derive(Clone)]
pub(crate) struct Calls {
    broker: Broker,
    link: Arc<Link<Client>>,
}

impl Calls {
    pub(crate) fn over(broker: Broker) -> Self {
        Self { link: Link::new(Client(broker.clone())), broker }
    }
}

/// A channel on a connection of its own, and who waits for an answer on it.
#[derive(Clone)]
pub(crate) struct Session {
    channel: Channel,
    /// Closed with its last session.
    connection: Arc<Connection>,
    waiting: Arc<Waiting>,
}

/// Who waits, by the correlation id of their request.
#[derive(Default)]
struct Waiting {
    calls: Mutex<HashMap<u64, oneshot::Sender<Outcome>>>,
    last: AtomicU64,
}

/// What became of one request.
enum Outcome {
    Reply(Box<BasicProperties>, Vec<u8>),
    Failed(CallError<outgrow::RawRefusal>),
}

impl RabbitTransport {
    /// A way to whoever serves a port at this broker. Never waits, and never fails because nobody is there.
    pub fn connect(broker: &Broker) -> Self {
        Self::by(&Calls::over(broker.clone()))
    }

    /// The same, sharing a connection with others.
    pub(crate) fn by(calls: &Calls) -> Self {
        Self { calls: calls.clone(), since: Instant::now() }
    }

    async fn call(&self, envelope: Envelope<'_>) -> Reply {
        let (deadline, left) = (envelope.cx.deadline(), envelope.cx.remaining());
        if left == Some(Duration::ZERO) {
            let detail = "the time budget was spent before sending";
            return Err(CallError::not_executed(CauseKind::Expired, detail));
        }
        let size = envelope.body.len();
        if size > MAX_MESSAGE {
            let detail = format!("the request has {size} bytes, more than {MAX_MESSAGE}");
            return Err(CallError::not_executed(CauseKind::BadRequest, detail));
        }
        let session = self.session(deadline).await?;
        let (id, answer) = session.waiting.add();
        let _forgotten = Forget(&session.waiting, id);
        let exchange = async {
            self.publish(&session, &envelope, left, id).await?;
            match answer.await {
                Ok(Outcome::Reply(properties, body)) => {
                    message::read_reply(&properties, body, envelope.method.package)
                }
                Ok(Outcome::Failed(failure)) => Err(failure),
                Err(_gone) => Err(lost("the broker's channel was lost while waiting")),
            }
        };
        match deadline {
            None => exchange.await,
            Some(deadline) => timeout_at(deadline.into(), exchange).await.unwrap_or_else(|_elapsed| {
                Err(CallError::in_doubt(CauseKind::Expired, "the time budget was spent before the answer"))
            }),
        }
    }

    /// The session. Waiting for it is no doubt: nothing has been sent. Where the broker takes no messages (it is short of
    /// memory or disk), they would wait in this process, without bound, and leave long after their callers have left.
    async fn session(&self, deadline: Option<Instant>) -> Result<Session, CallError<outgrow::RawRefusal>> {
        let session = self.calls.link.connection();
        let session = match deadline {
            None => Ok(session.await),
            Some(deadline) => timeout_at(deadline.into(), session).await,
        };
        match session {
            Ok(Ok(session)) if session.connection.status().blocked() => {
                let detail = format!("the broker {} takes no messages now", self.calls.broker);
                Err(CallError::not_executed(CauseKind::Unreachable, detail))
            }
            Ok(Ok(session)) => Ok(session),
            Ok(Err(why)) => {
                let detail = format!("the broker {} cannot be reached: {why}", self.calls.broker);
                Err(CallError::not_executed(CauseKind::Unreachable, detail))
            }
            Err(_elapsed) => {
                let detail = "the time budget was spent before there was a connection to the broker";
                Err(CallError::not_executed(CauseKind::Expired, detail))
            }
        }
    }

    async fn publish(
        &self,
        session: &Session,
        envelope: &Envelope<'_>,
        left: Option<Duration>,
        id: u64,
    ) -> Result<(), CallError<outgrow::RawRefusal>> {
        let Envelope { method, cx, body } = envelope;
        let queue = self.calls.broker.queue_of(method.package, method.port);
        let properties = message::request(method, cx, left)
            .with_reply_to(REPLY_TO.into())
            .with_correlation_id(id.to_string().into());
        let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = session.channel.basic_publish("".into(), queue.into(), mandatory, body, properties).await;
        let confirm = sent.map_err(|error| unsent(&error))?;
        // In a task of its own: a confirm that is dropped stays in lapin's memory.
        drop(tokio::spawn(settle(confirm, Arc::clone(&session.waiting), id)));
        Ok(())
    }
}

/// Tells who waits when their request will not be answered.
async fn settle(confirm: PublisherConfirm, waiting: Arc<Waiting>, id: u64) {
    let not_executed =
        |detail: String| Outcome::Failed(CallError::not_executed(CauseKind::Unreachable, detail));
    let confirmed = confirm.await;
    match &confirmed {
        Ok(Confirmation::Nack(_)) => waiting.end(id, not_executed("the broker did not take it".to_owned())),
        Ok(Confirmation::Ack(_) | Confirmation::NotRequested) => {}
        Err(error) => waiting.end(id, Outcome::Failed(lost(error.to_string()))),
    }
    let returned = confirmed.ok().and_then(Confirmation::take_message);
    if let Some(returned) = returned
        && let Some(id) = correlation(&returned.delivery.properties)
    {
        let detail = format!("nobody serves {}: {}", returned.delivery.routing_key, returned.reply_text);
        waiting.end(id, not_executed(detail));
    }
}

/// Which request a message belongs to.
fn correlation(properties: &BasicProperties) -> Option<u64> {
    properties.correlation_id().as_ref()?.as_str().parse().ok()
}

/// What failed while publishing. Where lapin refused by its own state, nothing was written.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else lapin may say leaves it open")]
fn unsent(error: &lapin::Error) -> CallError<outgrow::RawRefusal> {
    match error.kind() {
        ErrorKind::InvalidChannelState(..)
        | ErrorKind::InvalidConnectionState(_)
        | ErrorKind::InvalidChannel(_) => CallError::not_executed(CauseKind::Unreachable, error.to_string()),
        _ => lost(error.to_string()),
    }
}

#[cold]
fn lost<E>(detail: impl Into<std::borrow::Cow<'static, str>>) -> CallError<E> {
    CallError::in_doubt(CauseKind::Lost, detail)
}

/// How a session comes about.
pub(crate) struct Client(Broker);

impl Connect for Client {
    type Connection = Session;

    fn connect(&self) -> BoxFuture<'_, Result<Session, Arc<str>>> {
        Box::pin(async { Session::open(&self.0).await.map_err(|error| Arc::from(error.to_string())) })
    }

    fn is_closed(connection: &Session) -> bool {
        !connection.channel.status().connected()
    }
}

impl Session {
    async fn open(broker: &Broker) -> lapin::Result<Self> {
        let connection = Arc::new(broker.connect("calls").await?);
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let mut answers =
            channel.basic_consume(REPLY_TO.into(), "".into(), no_ack, FieldTable::default()).await?;
        let waiting = Arc::new(Waiting::default());
        let told = Arc::clone(&waiting);
        drop(tokio::spawn(async move {
            while let Some(Ok(answer)) = answers.next().await {
                if let Some(id) = correlation(&answer.properties) {
                    told.end(id, Outcome::Reply(Box::new(answer.properties), answer.data));
                }
            }
            told.end_all();
        }));
        Ok(Self { channel, connection, waiting })
    }
}

impl Waiting {
    fn add(&self) -> (u64, oneshot::Receiver<Outcome>) {
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.calls().insert(id, tell);
        (id, told)
    }

    /// Tells who waits for this request, if they still do.
    fn end(&self, id: u64, outcome: Outcome) {
        if let Some(tell) = self.calls().remove(&id) {
            drop(tell.send(outcome)); // whoever has given up does not listen
        }
    }

    /// The channel is gone: nobody will be answered on it.
    fn end_all(&self) {
        self.calls().clear();
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Outcome>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever leaves does not wait any more.
struct Forget<'a>(&'a Waiting, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.calls().remove(&self.1);
    }
}

impl Transport for RabbitTransport {
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(self.call(envelope))
    }

    /// Who serves behind a broker may change without a sign: ask again every [`ACQUAINTED`].
    fn peer(&self) -> u64 {
        let asked = self.since.elapsed().as_secs() / ACQUAINTED.as_secs();
        (asked << 32) + self.calls.link.lost()
    }

    /// Whether the broker is there: who serves a port behind it is known only to who calls it.
    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { self.session(None).await.is_ok() })
    }
}

impl fmt::Debug for RabbitTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RabbitTransport({})", self.calls.broker)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use lapin::{ChannelState, ConnectionState};

    use super::*;

    #[test]
    fn what_lapin_refuses_by_its_own_state_was_not_sent_and_all_else_may_have_been() {
        let executed = |kind: ErrorKind| match unsent(&kind.into()) {
            CallError::NotExecuted(cause) => ("not executed", cause.kind),
            CallError::InDoubt(cause) => ("in doubt", cause.kind),
            CallError::Refused(refusal) => panic!("{refusal:?}"),
        };
        for state in [
            ErrorKind::InvalidChannelState(ChannelState::Closed, "basic.publish"),
            ErrorKind::InvalidChannelState(ChannelState::Closing, "basic.publish"),
            ErrorKind::InvalidConnectionState(ConnectionState::Closed),
            ErrorKind::InvalidChannel(7),
        ] {
            assert_eq!(executed(state), ("not executed", CauseKind::Unreachable));
        }
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        for other in [ErrorKind::IOError(broken.into()), ErrorKind::MissingHeartbeatError] {
            assert_eq!(executed(other), ("in doubt", CauseKind::Lost));
        }
    }
}
