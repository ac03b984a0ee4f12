//! What arrives, as it was sent.

use std::sync::Arc;

use outgrow::{CallError, CauseKind, Unread};
use tokio::time::{Duration, timeout};
use uuid::Uuid;

use super::{
    broker::Server,
    example::{ExampleRefusal, LONG, cx, text, verdict},
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn among_many_calls_at_once_each_gets_its_own_answer() {
    let (server, nobody) = (Server::start().await, super::broker::broker());
    let (served, unserved) = (server.client(), super::broker::client(&nobody));
    let calls = (0..1_000).map(|n| {
        // Every third goes to a port that nobody serves, by the same kind of channel.
        let client = Arc::clone(if n % 3 == 0 { &unserved } else { &served });
        tokio::spawn(async move { (n, client.put(&cx(), text(&n.to_string())).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (n, answer) = timeout(LONG, call).await.unwrap().unwrap();
        if n % 3 == 0 {
            assert_eq!(verdict(answer), ("not executed", CauseKind::Unreachable), "{n}");
        } else {
            assert_eq!(answer, Ok(text(&n.to_string())));
        }
    }
}
