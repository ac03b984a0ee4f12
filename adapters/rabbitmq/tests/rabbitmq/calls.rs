//! What arrives, as it was sent.

use std::sync::Arc;

use adapter_rabbitmq::RabbitTransport;
use outgrow::{CallError, CauseKind, Envelope, Message as _, Method, Port as _, Transport, Unread, typed};
use tokio::time::{Duration, timeout};
use uuid::Uuid;

use super::{
    broker::Server,
    example::{Example, ExampleRefusal, LONG, Text, cx, text, verdict},
};

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn answers_and_refusals_come_back_as_they_were_given() {
    let server = Server::start().await;
    let client = server.client();
    assert_eq!(client.echo(&cx(), text("tea ☕")).await, Ok(text("tea ☕")));
    assert_eq!(client.put(&cx(), text("")).await, Ok(text("")));
    let long = "x".repeat(1_000_000);
    assert_eq!(client.echo(&cx(), text("long 1000000")).await, Ok(text(&long)));
    let no = ExampleRefusal::No { why: "ünlikely".to_owned() };
    assert_eq!(client.put(&cx(), text("refuse ünlikely")).await, Err(CallError::Refused(no)));
    let newer = ExampleRefusal::Other(Unread::new(7, b"whole"));
    assert_eq!(client.put(&cx(), text("newer whole")).await, Err(CallError::Refused(newer)));
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn failures_come_back_as_they_were_stated() {
    let server = Server::start().await;
    let client = server.client();
    for &kind in CauseKind::ALL {
        for (order, meant) in [("not-executed", "not executed"), ("in-doubt", "in doubt")] {
            let answer = client.put(&cx(), text(&format!("{order} {kind}"))).await;
            assert_eq!(verdict(answer), (meant, kind));
        }
    }
    assert_eq!(verdict(client.put(&cx(), text("panic")).await), ("in doubt", CauseKind::Internal));
    let babble = client.put(&cx(), text("babble")).await.unwrap_err();
    assert_eq!(babble.why().unwrap().detail.chars().count(), 512);
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn the_context_arrives_with_the_call() {
    let server = Server::start().await;
    let full = outgrow::CallContext::new("ordering", Uuid::from_u128(7))
        .within(Duration::from_mins(3))
        .with_key("k/ä?".replace('ä', "a").parse().unwrap())
        .for_principal("ada lovelace ü")
        .caused_by(Uuid::from_u128(8))
        .traced("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap());
    let said = server.client().echo(&full, text("context")).await.unwrap().text;
    let expected = format!(
        "caller=ordering correlation={} causation={} trace={} principal=ada lovelace ü key=k/a? minutes=2",
        Uuid::from_u128(7),
        Uuid::from_u128(8),
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    );
    assert_eq!(said, expected);
}

/// A method of a port that nobody serves.
fn unserved(like: &'static Method) -> &'static Method {
    let Method { index, name, doc, kind, request, answer, refusal, .. } = *like;
    let (port, package) = ("Nobody", "nobody.v1");
    Box::leak(Box::new(Method { index, name, doc, kind, port, package, request, answer, refusal }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn among_many_calls_on_one_channel_each_gets_its_own_answer_and_only_returned_ones_were_not_executed() {
    let server = Server::start().await;
    let one: Arc<dyn Transport> = Arc::new(RabbitTransport::connect(&server.broker));
    let served = <dyn Example>::DESC.method("Put").unwrap();
    let nobodys = unserved(served);
    let calls = (0..3_000).map(|n| {
        let (one, method) = (Arc::clone(&one), if n % 3 == 0 { nobodys } else { served });
        tokio::spawn(async move {
            let (cx, body) = (cx(), text(&n.to_string()).to_bytes());
            (n, one.send(Envelope { method, cx: &cx, body }).await)
        })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, reply) = timeout(LONG, call).await.unwrap().unwrap();
        if n % 3 == 0 {
            assert_eq!(
                verdict(typed::<Text, _>(nobodys, reply)),
                ("not executed", CauseKind::Unreachable),
                "{n}"
            );
        } else {
            assert_eq!(typed(served, reply), Ok::<_, CallError<ExampleRefusal>>(text(&n.to_string())));
        }
    }
}
