//! Peers that are not ours: what a foreign client does, as documented, and what it may do wrong.

use std::sync::Arc;

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, Consumer, ExchangeKind,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use outgrow::{CauseKind, Message as _, Port as _};
use outgrow_testkit::until_async;
use tokio::{sync::watch, time::timeout};

use super::{
    broker::{Server, client, mine, url},
    example::{Example, LONG, cx, text, verdict},
    inbox::{Hearing, courier, events, ids},
};

type Header = (&'static str, AMQPValue);

/// A client with nothing of ours but the documentation.
struct Foreign {
    _connection: Connection,
    channel: Channel,
    answers: Consumer,
    queue: String,
}

impl Foreign {
    async fn to(server: &Server) -> Self {
        let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let answers =
            channel.basic_consume("amq.rabbitmq.reply-to".into(), "".into(), no_ack, FieldTable::default());
        let (answers, queue) = (answers.await.unwrap(), server.broker.queue(<dyn Example>::DESC));
        Self { _connection: connection, channel, answers, queue }
    }

    async fn call(&mut self, headers: &[Header], body: &[u8]) -> Delivery {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), value.clone());
        }
        let properties = BasicProperties::default()
            .with_reply_to("amq.rabbitmq.reply-to".into())
            .with_correlation_id("mine".into())
            .with_headers(table);
        let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        self.channel
            .basic_publish("".into(), self.queue.as_str().into(), mandatory, body, properties)
            .await
            .unwrap();
        let answer = timeout(LONG, self.answers.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(answer.properties.correlation_id().as_ref().unwrap().as_str(), "mine");
        answer
    }
}

fn header(answer: &Delivery, name: &str) -> String {
    match answer.properties.headers().as_ref().unwrap().inner().get(name) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        other => panic!("{name} is {other:?}"),
    }
}

fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_foreign_client_calls_a_port_as_documented() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server).await;
    let answer = foreign.call(&[("outgrow-method", long("Echo"))], b"\x0a\x02hi").await;
    assert_eq!((&*header(&answer, "outgrow-outcome"), &answer.data[..]), ("answered", &b"\x0a\x02hi"[..]));

    let refused = foreign.call(&[("outgrow-method", long("Put"))], &text("refuse late").to_bytes()).await;
    let said = ["outgrow-outcome", "outgrow-type", "outgrow-message"].map(|name| header(&refused, name));
    assert_eq!(said, ["refused", "example.v1.ExampleRefusal", "no, late"]);
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn whatever_else_a_peer_sends_is_not_executed_and_the_server_lives() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server).await;
    let echo = ("outgrow-method", long("Echo"));
    let cases: [(Vec<Header>, &[u8], &str); 8] = [
        (vec![], b"", "unserved"),
        (vec![("outgrow-method", long("Ech"))], b"", "unserved"),
        (vec![("outgrow-method", AMQPValue::LongLongInt(7))], b"", "bad-request"),
        (vec![echo.clone(), ("outgrow-budget-ms", long("soon"))], b"", "bad-request"),
        (vec![echo.clone(), ("outgrow-budget-ms", long("-1"))], b"", "bad-request"),
        (vec![echo.clone(), ("idempotency-key", long(""))], b"", "bad-request"),
        (vec![echo.clone(), ("outgrow-correlation", long("7"))], b"", "bad-request"),
        (vec![echo.clone()], b"\xff\xff\xff", "bad-request"),
    ];
    for (headers, body, cause) in cases {
        let answer = foreign.call(&headers, body).await;
        let said = ["outgrow-outcome", "outgrow-cause"].map(|name| header(&answer, name));
        assert_eq!(said, ["not-executed", cause], "{headers:?}: {}", String::from_utf8_lossy(&answer.data));
    }
    for length in 1..64_u8 {
        let garbage: Vec<u8> = (0..length).map(|n| n.wrapping_mul(97) ^ length | 0x80).collect();
        let answer = foreign.call(std::slice::from_ref(&echo), &garbage).await;
        assert_eq!(header(&answer, "outgrow-outcome"), "not-executed");
    }
    assert_eq!(server.client().echo(&cx(), text("x")).await, Ok(text("x")));
}

/// A server that is not ours: it answers each request as it is told, or not at all. Says how many it got.
async fn impostor(
    queue: String,
    answer: Option<(FieldTable, &'static [u8])>,
) -> (Connection, watch::Receiver<u32>) {
    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let lasting = QueueDeclareOptions { durable: true, auto_delete: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.as_str().into(), lasting, FieldTable::default()).await.unwrap();
    let requests =
        channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default());
    let mut requests = requests.await.unwrap();
    let (got, has_got) = watch::channel(0);
    tokio::spawn(async move {
        while let Some(Ok(request)) = requests.next().await {
            got.send_modify(|got| *got += 1);
            let Some((headers, body)) = &answer else { continue };
            let properties = BasicProperties::default()
                .with_correlation_id(request.properties.correlation_id().clone().unwrap())
                .with_headers(headers.clone());
            let to = request.properties.reply_to().clone().unwrap();
            channel
                .basic_publish("".into(), to, BasicPublishOptions::default(), body, properties)
                .await
                .unwrap();
        }
    });
    (connection, has_got)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn an_answer_that_cannot_be_read_leaves_the_call_in_doubt() {
    let headers = |pairs: &[(&str, &str)]| {
        let mut table = FieldTable::default();
        for (name, value) in pairs {
            table.insert((*name).into(), long(value));
        }
        table
    };
    let answers: [(FieldTable, &[u8]); 6] = [
        (FieldTable::default(), b""),
        (headers(&[("outgrow-outcome", "perhaps")]), b""),
        (headers(&[("outgrow-outcome", "answered")]), b"\xff\xff"),
        (headers(&[("outgrow-outcome", "refused")]), b""),
        (headers(&[("outgrow-outcome", "refused"), ("outgrow-type", "other.v1.Refusal")]), b""),
        (headers(&[("outgrow-outcome", "not-executed")]), b"no cause"),
    ];
    for answer in answers {
        let broker = mine();
        let shown = format!("{answer:?}");
        let (_connection, _got) = impostor(broker.queue(<dyn Example>::DESC), Some(answer)).await;
        let answer = client(&broker).put(&cx(), text("x")).await;
        assert_eq!(verdict(answer), ("in doubt", CauseKind::BadAnswer), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn what_is_delivered_again_is_executed_again_unless_it_must_not_be() {
    let broker = mine();
    let (dying, mut got) = impostor(broker.queue(<dyn Example>::DESC), None).await;
    let client = client(&broker);
    let calls = [("put", false), ("shout", true)].map(|(what, once)| {
        let client = Arc::clone(&client);
        tokio::spawn(async move {
            if once { client.shout(&cx(), text(what)).await } else { client.put(&cx(), text(what)).await }
        })
    });
    timeout(LONG, got.wait_for(|got| *got == 2)).await.unwrap().unwrap();
    // Our own server consumes beside the other, which holds both requests and dies.
    let server = Server::at(&broker, adapter_rabbitmq::Limits::default());
    until_async("our server serves", LONG, async || client.echo(&cx().within(LONG / 40), text("x")).await)
        .await;
    drop(dying.close(200, "died".into()).await);
    let [put, shout] = calls;
    assert_eq!(timeout(LONG, put).await.unwrap().unwrap(), Ok(text("put")));
    assert_eq!(verdict(timeout(LONG, shout).await.unwrap().unwrap()), ("in doubt", CauseKind::Lost));
    drop(server);
}

/// A queue of a foreign consumer that hears of these kinds.
async fn foreign(exchange: String, kinds: &str, arguments: FieldTable) -> (Connection, Channel, String) {
    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let lasting = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let topic = ExchangeKind::Topic;
    channel.exchange_declare(exchange.as_str().into(), topic, lasting, FieldTable::default()).await.unwrap();
    let ours = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare("".into(), ours, arguments).await.unwrap().name().clone();
    let options = QueueBindOptions::default();
    let bound =
        channel.queue_bind(queue.clone(), exchange.into(), kinds.into(), options, FieldTable::default());
    bound.await.unwrap();
    (connection, channel, queue.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_foreign_consumer_without_room_holds_nobody_up() {
    let broker = mine();
    let mut room = FieldTable::default();
    room.insert("x-max-length".into(), AMQPValue::LongInt(1));
    room.insert("x-overflow".into(), long("reject-publish"));
    let _full = foreign(broker.exchange(), "#", room).await;
    let hearing = Hearing::at(&broker).await;
    let (courier, sent) = (courier(&broker), events(1..=10));
    assert_eq!(courier.deliver(&sent[..1]).await.events, ids(&sent[..1]));
    let taken = courier.deliver(&sent[1..]).await;
    assert_eq!((taken.events, taken.trouble), (ids(&sent[1..]), None));
    hearing.has(&sent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_foreign_consumer_gets_cloud_events_as_documented() {
    let broker = mine();
    let (_connection, channel, queue) =
        foreign(broker.exchange(), "telling.v1.*", FieldTable::default()).await;
    let consuming =
        channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default());
    let mut copies = consuming.await.unwrap();
    let (courier, sent) = (courier(&broker), events(1..=2));
    assert_eq!(courier.deliver(&sent).await.events, ids(&[]), "nobody listens: there is nothing to copy");
    let _hearing = Hearing::at(&broker).await;
    assert_eq!(courier.deliver(&sent[..1]).await.trouble, None);
    assert_eq!(courier.deliver(&sent[..1]).await.trouble, None);
    assert_eq!(courier.deliver(&sent[1..]).await.trouble, None);
    let mut got = Vec::new();
    for _ in 0..3 {
        let copy = timeout(LONG, copies.next()).await.unwrap().unwrap().unwrap();
        copy.acker.ack(BasicAckOptions::default()).await.unwrap();
        got.push(copy);
    }
    let id = |nth: usize| got[nth].properties.message_id().as_ref().unwrap().to_string();
    assert_eq!(id(0), id(1), "who gets it twice can tell");
    assert_ne!(id(0), id(2));
    let copy = &got[0];
    assert_eq!(copy.routing_key.as_str(), "telling.v1.said");
    assert_eq!(copy.properties.content_type().as_ref().unwrap().as_str(), "application/json");
    assert_eq!(*copy.properties.delivery_mode(), Some(2));
    assert_eq!(copy.data, sent[0].data.as_bytes());
    let headers = copy.properties.headers().as_ref().unwrap().inner();
    let told: Vec<_> = headers.keys().map(|name| format!("{name} {}", header(copy, name.as_str()))).collect();
    let source = broker.exchange().replace(".events", "/telling");
    let expected = [
        "cloudEvents_causationid 00000000-0000-0000-0000-000000000009".to_owned(),
        "cloudEvents_correlationid 00000000-0000-0000-0000-000000000008".to_owned(),
        format!("cloudEvents_id {}", id(0)),
        "cloudEvents_sequence 00000000000000000001".to_owned(),
        format!("cloudEvents_source {source}"),
        "cloudEvents_specversion 1.0".to_owned(),
        "cloudEvents_stream telling.v1.Said".to_owned(),
        "cloudEvents_subject the key".to_owned(),
        "cloudEvents_time 2026-11-26T03:04:05.678901Z".to_owned(),
        "cloudEvents_type telling.v1.said".to_owned(),
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_foreign_consumer_that_comes_later_misses_nothing_from_then_on() {
    let broker = mine();
    let hearing = Hearing::at(&broker).await;
    let (courier, sent) = (courier(&broker), events(1..=12));
    // The first finds the queue, the others that nobody wants copies.
    for window in [&sent[..1], &sent[1..4], &sent[4..6]] {
        assert_eq!(courier.deliver(window).await.trouble, None);
    }
    let (_connection, channel, queue) =
        foreign(broker.exchange(), "telling.v1.*", FieldTable::default()).await;
    let consuming =
        channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default());
    let mut copies = consuming.await.unwrap();
    for window in [&sent[6..10], &sent[10..]] {
        assert_eq!(courier.deliver(window).await.trouble, None);
    }
    let mut got = Vec::new();
    for _ in 6..12 {
        let copy = timeout(LONG, copies.next()).await.unwrap().unwrap().unwrap();
        got.push(copy.properties.message_id().as_ref().unwrap().to_string());
    }
    let expected: Vec<_> = ids(&sent[6..]).iter().map(ToString::to_string).collect();
    assert_eq!(got, expected);
    hearing.has(&sent).await;
}
