//! What a network does to calls: it is slow, it swallows, it breaks. Deadlines are kept, and a call is in doubt where it
//! may have been executed.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use adapter_grpc::{GrpcTransport, Keepalive};
use outgrow::CauseKind;
use outgrow_testkit::{LoopbackAddr, Passing, Proxy, until_async};
use tokio::time::timeout;

use super::{
    example::{Example, LONG, cx, text, verdict},
    serving::{Server, via},
};

const SHORT: Duration = Duration::from_millis(200);

const EXPIRED: (&str, CauseKind) = ("in doubt", CauseKind::Expired);

/// A server, a client with a connection to it, and the network between.
async fn connected(keepalive: Keepalive) -> (Server, Proxy, Arc<dyn Example>) {
    let (server, through) = (Server::start().await, LoopbackAddr::new().free());
    let at = format!("{}:{}", server.address.host(), server.address.port()).parse().unwrap();
    let network = Proxy::start(through, at).await.unwrap();
    let address = format!("grpc://{through}").parse().unwrap();
    let client = via(GrpcTransport::connect(&address).keepalive(keepalive));
    assert_eq!(client.put(&cx(), text("x")).await, Ok(text("x")));
    (server, network, client)
}

/// Whether the server begins to execute what hangs.
async fn executes(server: &Server) {
    until_async("it executes", LONG, async || server.module.hanging.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_slow_network_costs_time_and_no_more_than_there_is() {
    let (_server, network, client) = connected(Keepalive::default()).await;
    network.delay(SHORT / 4);
    assert_eq!(client.put(&cx(), text("late")).await, Ok(text("late")));
    let (begun, hurried) = (Instant::now(), cx().within(SHORT / 4));
    assert_eq!(verdict(client.put(&hurried, text("too late")).await), EXPIRED);
    assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_swallowed_on_either_way_is_in_doubt_when_its_time_is_up() {
    for (passing, executed) in [(Passing::Requests, 1), (Passing::Answers, 0), (Passing::Nothing, 0)] {
        let (server, network, client) = connected(Keepalive::default()).await;
        network.let_pass(passing);
        let begun = Instant::now();
        assert_eq!(verdict(client.put(&cx().within(SHORT), text("hang")).await), EXPIRED, "{passing:?}");
        assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
        assert_eq!(server.module.hanging.load(Ordering::SeqCst), executed, "{passing:?}");
        network.let_pass(Passing::Both);
        until_async("calls are answered again", LONG, async || client.put(&cx(), text("x")).await).await;
    }
}

#[tokio::test]
async fn a_reset_leaves_a_call_in_doubt_at_once_and_the_next_finds_another_connection() {
    let (server, network, client) = connected(Keepalive::default()).await;
    let waiting = Arc::clone(&client);
    let hanging = tokio::spawn(async move { waiting.put(&cx(), text("hang")).await });
    executes(&server).await;
    network.reset();
    let answer = timeout(LONG / 2, hanging).await.unwrap().unwrap();
    assert_eq!(verdict(answer), ("in doubt", CauseKind::Lost));
    until_async("calls are answered again", LONG, async || client.put(&cx(), text("x")).await).await;
}

#[tokio::test]
async fn a_half_open_connection_is_given_up_and_the_next_call_finds_another() {
    let (server, network, client) = connected(Keepalive { every: SHORT, within: SHORT }).await;
    let waiting = Arc::clone(&client);
    let hanging = tokio::spawn(async move { waiting.put(&cx(), text("hang")).await });
    executes(&server).await;
    network.half_open();
    let answer = timeout(LONG / 2, hanging).await.unwrap().unwrap();
    assert_eq!(verdict(answer), ("in doubt", CauseKind::Lost));
    until_async("calls are answered again", LONG, async || client.put(&cx(), text("x")).await).await;
}

#[tokio::test]
async fn what_comes_in_small_pieces_comes_whole() {
    let (_server, network, client) = connected(Keepalive::default()).await;
    network.slice(7);
    let long = "x".repeat(40_000); // more than HTTP/2 puts into one frame
    assert_eq!(client.put(&cx(), text(&long)).await, Ok(text(&long)));
    assert_eq!(
        verdict(client.put(&cx(), text("not-executed storage")).await),
        ("not executed", CauseKind::Storage)
    );
}
