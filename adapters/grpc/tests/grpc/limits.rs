//! What a server does not put up with, and survives.

use std::{convert::Infallible, sync::atomic::Ordering, time::Duration};

use adapter_grpc::{GrpcAddress, Limits};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use outgrow::CauseKind;
use outgrow_testkit::until_async;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic::Code;

use super::{
    example::{LONG, cx, text, verdict},
    foreign::{self, Foreign},
    serving::Server,
};

async fn connect(address: &GrpcAddress) -> TcpStream {
    TcpStream::connect((address.host(), address.port())).await.unwrap()
}

#[tokio::test]
async fn a_call_over_the_limit_is_refused_at_once_and_the_next_one_served() {
    let server = Server::limited(Limits { calls: 1, ..Limits::default() }).await;
    let (first, second) = (server.client(), server.client());
    let hanging = tokio::spawn(async move { first.echo(&cx(), text("hang")).await });
    let module = &server.module;
    until_async("one call hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;

    assert_eq!(verdict(second.echo(&cx(), text("x")).await), ("not executed", CauseKind::Overloaded));
    let mut foreign = Foreign::to(&server.address).await;
    let status = foreign.call("/example.v1.Example/Echo", foreign::text("x"), &[]).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);

    module.release.notify_one();
    assert_eq!(hanging.await.unwrap(), Ok(text("hang")));
    until_async("there is room again", LONG, async || second.echo(&cx(), text("x")).await).await;
}

#[tokio::test]
async fn who_is_one_connection_too_many_waits_for_another_to_end() {
    let server = Server::limited(Limits { connections: 1, ..Limits::default() }).await;
    let (first, second) = (server.client(), server.client());
    assert_eq!(first.echo(&cx(), text("x")).await, Ok(text("x")));
    let hurried = cx().within(Duration::from_millis(100));
    assert_eq!(verdict(second.echo(&hurried, text("x")).await), ("not executed", CauseKind::Expired));
    drop(first);
    until_async("there is room", LONG, async || second.echo(&cx(), text("x")).await).await;
}

#[tokio::test]
async fn who_says_nothing_gives_its_connection_back() {
    let limits = Limits { connections: 1, greeting: Duration::from_millis(50), ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut silent = connect(&server.address).await;
    let client = server.client();
    until_async("there is room", LONG, async || client.echo(&cx(), text("x")).await).await;
    assert_eq!(timeout(LONG, silent.read(&mut [0; 8])).await.unwrap().unwrap_or(0), 0, "it was hung up on");
}

#[tokio::test]
async fn who_says_nothing_does_not_hold_up_the_end() {
    let server = Server::start().await;
    let _silent = connect(&server.address).await;
    assert_eq!(server.client().echo(&cx(), text("x")).await, Ok(text("x")), "the silent one is accepted");
    timeout(LONG / 4, server.stop()).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_is_too_large_is_not_executed() {
    let server = Server::start().await;
    let answer = server.client().put(&cx(), text(&"x".repeat(5 * 1024 * 1024))).await;
    assert_eq!(verdict(answer), ("not executed", CauseKind::BadRequest), "refused before it is sent");

    let mut foreign = Foreign::to(&server.address).await;
    let big = Bytes::from(vec![b'x'; 5 * 1024 * 1024]);
    let status = foreign.call("/example.v1.Example/Put", big, &[]).await.unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::InvalidArgument, "the message is larger than 4194304 bytes")
    );
    assert!(foreign::says_not_executed(&status, "bad-request"));
}

#[tokio::test]
async fn an_answer_that_is_too_large_leaves_the_call_in_doubt() {
    let server = Server::start().await;
    let answer = server.client().put(&cx(), text("long 5000000")).await;
    assert_eq!(verdict(answer), ("in doubt", CauseKind::BadAnswer));
}

#[tokio::test]
async fn a_compressed_request_is_not_executed() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    let headers = [("grpc-encoding", "gzip")];
    let status = foreign.call("/example.v1.Example/Put", foreign::text("x"), &headers).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(foreign::says_not_executed(&status, "unserved"));
}

#[tokio::test]
async fn headers_that_are_too_large_cost_their_own_call() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    let headers = [("outgrow-principal", &*"p".repeat(64 * 1024))];
    assert!(foreign.call("/example.v1.Example/Put", foreign::text("x"), &headers).await.is_err());
    assert_eq!(server.client().put(&cx(), text("x")).await, Ok(text("x")));
}

#[tokio::test]
async fn a_request_that_never_arrives_whole_gives_its_place_back() {
    let limits = Limits { calls: 1, arrival: Duration::from_millis(300), ..Limits::default() };
    let server = Server::limited(limits).await;
    let mut http = foreign::http(&server.address).await;
    let endless = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
    let call = http.send_request(foreign::post(&server.address, "application/grpc", endless));
    let response = timeout(LONG, call).await.unwrap().unwrap();
    assert_eq!(response.headers()["grpc-status"], "4");
    assert_eq!(response.headers()["grpc-message"], "the%20request%20did%20not%20arrive%20in%20time");
    assert_eq!(server.client().echo(&cx(), text("x")).await, Ok(text("x")));
}

#[tokio::test]
async fn garbage_never_kills_the_server() {
    let server = Server::start().await;
    let client = server.client();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    let mut noise = 0x2545_f491_4f6c_dd1d_u64; // xorshift: the same garbage every time
    for round in 0..200 {
        let mut bytes = if round % 2 == 0 { preface.clone() } else { Vec::new() };
        for _ in 0..40 {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            bytes.extend_from_slice(&noise.to_le_bytes());
        }
        let mut stream = connect(&server.address).await;
        drop(stream.write_all(&bytes).await);
        drop(stream.shutdown().await);
        drop(stream.read_to_end(&mut Vec::new()).await);
    }
    assert_eq!(client.put(&cx(), text("x")).await, Ok(text("x")));
}

#[tokio::test]
async fn messages_of_garbage_are_not_executed() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    for length in 1..64_u8 {
        let garbage: Bytes = (0..length).map(|n| n.wrapping_mul(97) ^ length | 0x80).collect();
        let status = foreign.call("/example.v1.Example/Put", garbage, &[]).await.unwrap_err();
        assert!(foreign::says_not_executed(&status, "bad-request"), "{status:?}");
    }
}

#[tokio::test]
async fn what_is_not_grpc_is_told_so() {
    let server = Server::start().await;
    let mut http = foreign::http(&server.address).await;
    let response = http.send_request(foreign::post(&server.address, "application/json", String::new())).await;
    assert_eq!(response.unwrap().status(), 415);
    let mut get = foreign::post(&server.address, "application/grpc", String::new());
    *get.method_mut() = http::Method::GET;
    assert_eq!(http.send_request(get).await.unwrap().status(), 415);
}
