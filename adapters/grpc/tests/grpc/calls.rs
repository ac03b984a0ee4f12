//! Calls between our own client and our own server.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use adapter_grpc::GrpcTransport;
use bytes::Bytes;
use outgrow::{CallError, CauseKind, Envelope, RawRefusal, Transport as _, Unread};
use outgrow_testkit::until_async;

use super::example::{Example, ExampleRefusal, LONG, cx, text, verdict};
use super::serving::Server;

#[tokio::test]
async fn an_answer_comes_back() {
    let server = Server::start().await;
    let client = server.client();
    assert_eq!(client.echo(&cx(), text("hello")).await, Ok(text("hello")));
    assert_eq!(client.put(&cx(), text("")).await, Ok(text("")));
}

#[tokio::test]
async fn a_long_answer_comes_back_whole() {
    let server = Server::start().await;
    let answer = server.client().echo(&cx(), text("long 3000000")).await.unwrap();
    assert_eq!(answer.text.len(), 3_000_000);
    let request = text(&"y".repeat(3_000_000));
    assert_eq!(server.client().put(&cx(), request.clone()).await, Ok(request));
}

#[tokio::test]
async fn many_calls_share_one_connection() {
    let server = Server::start().await;
    let client = server.client();
    let calls = (0..500).map(|n| {
        let client = Arc::clone(&client);
        tokio::spawn(
            async move { client.echo(&cx(), text(&n.to_string())).await == Ok(text(&n.to_string())) },
        )
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap());
    }
}

#[tokio::test]
async fn a_refusal_comes_back_as_the_value_it_was() {
    let server = Server::start().await;
    let refused = CallError::Refused(ExampleRefusal::No { why: "not today".to_owned() });
    assert_eq!(server.client().put(&cx(), text("refuse not today")).await, Err(refused));
}

#[tokio::test]
async fn a_refusal_of_a_newer_version_is_passed_on_whole() {
    let server = Server::start().await;
    let refused = CallError::Refused(ExampleRefusal::Other(Unread::new(7, b"why not")));
    assert_eq!(server.client().put(&cx(), text("newer why not")).await, Err(refused));
}

#[tokio::test]
async fn a_refusal_as_large_as_allowed_fits() {
    let server = Server::start().await;
    let why = "ü".repeat(2040);
    let refused = CallError::Refused(ExampleRefusal::No { why: why.clone() });
    assert_eq!(server.client().put(&cx(), text(&format!("refuse {why}"))).await, Err(refused));
}

#[tokio::test]
async fn a_refusal_that_is_too_large_leaves_the_call_in_doubt() {
    let server = Server::start().await;
    let answer = server.client().put(&cx(), text(&format!("refuse {}", "x".repeat(5000)))).await;
    assert_eq!(verdict(answer), ("in doubt", CauseKind::BadAnswer));
}

#[tokio::test]
async fn a_refusal_keeps_its_type_name_and_sentence() {
    let server = Server::start().await;
    let transport = GrpcTransport::connect(&server.address);
    let (cx, body) = (cx(), Bytes::from_static(b"\x0a\x0erefuse because"));
    let reply = transport.send(Envelope { method: <dyn Example>::PUT, cx: &cx, body }).await;
    let expected = RawRefusal {
        type_name: "example.v1.ExampleRefusal".to_owned(),
        message: "no, because".to_owned(),
        body: Bytes::from_static(b"\x0a\x09\x0a\x07because"),
    };
    assert_eq!(reply, Err(CallError::Refused(expected)));
}

#[tokio::test]
async fn every_failure_comes_back_as_it_was_stated() {
    let server = Server::start().await;
    let client = server.client();
    for kind in CauseKind::ALL {
        let answer = client.put(&cx(), text(&format!("not-executed {kind}"))).await;
        assert_eq!(answer, Err(CallError::not_executed(*kind, "as told")));
        let answer = client.put(&cx(), text(&format!("in-doubt {kind}"))).await;
        assert_eq!(answer, Err(CallError::in_doubt(*kind, "as told")));
    }
}

#[tokio::test]
async fn a_cause_is_cut_to_512_characters() {
    let server = Server::start().await;
    let answer = server.client().put(&cx(), text("babble")).await;
    assert_eq!(answer, Err(CallError::not_executed(CauseKind::Storage, "ü".repeat(512))));
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_not_executed() {
    let server = Server::start().await;
    let transport = GrpcTransport::connect(&server.address);
    for garbage in [&b"\xff\xff\xff"[..], b"\x0a\x05x", b"\x08\x01", b""] {
        let (cx, body) = (cx(), Bytes::copy_from_slice(garbage));
        let reply = transport.send(Envelope { method: <dyn Example>::PUT, cx: &cx, body }).await;
        let Err(CallError::NotExecuted(cause)) = reply else { panic!("{garbage:?}: {reply:?}") };
        assert_eq!(cause.kind, CauseKind::BadRequest, "{garbage:?}");
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_call_and_leaves_it_in_doubt() {
    let server = Server::start().await;
    let client = server.client();
    assert_eq!(verdict(client.put(&cx(), text("panic")).await), ("in doubt", CauseKind::Lost));
    assert_eq!(client.echo(&cx(), text("still there")).await, Ok(text("still there")));
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_query() {
    let server = Server::start().await;
    let client = server.client();
    let call = tokio::spawn(async move { client.echo(&cx(), text("hang")).await });
    let module = &server.module;
    until_async("the query runs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    call.abort();
    until_async("the query is dropped", LONG, async || module.dropped.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn many_deadlines_at_once_do_not_harm_the_calls_beside_them() {
    let server = Server::start().await;
    let (client, module) = (server.client(), Arc::clone(&server.module));
    let hanging = |budget| {
        let client = Arc::clone(&client);
        tokio::spawn(async move { client.echo(&cx().within(budget), text("hang")).await })
    };
    let patient = hanging(LONG);
    until_async("one call hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    for call in (0..300).map(|_| hanging(Duration::from_millis(300))).collect::<Vec<_>>() {
        assert_eq!(verdict(call.await.unwrap()).1, CauseKind::Expired);
    }
    let all_but_one = || module.dropped.load(Ordering::SeqCst) + 1 == module.hanging.load(Ordering::SeqCst);
    until_async("the others are dropped", LONG, async || all_but_one()).await;
    module.release.notify_one();
    assert_eq!(patient.await.unwrap(), Ok(text("hang")));
}
