//! How a server ends.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use adapter_grpc::{GrpcServer, Limits, ServeError};
use outgrow::CauseKind;
use outgrow_testkit::{LoopbackAddr, until_async};
use tokio::time::timeout;

use super::example::{LONG, cx, text, verdict};
use super::serving::Server;

async fn draining_for(drain: Duration) -> Server {
    let address = format!("grpc://{}:0", LoopbackAddr::new().ip());
    Server::at(&address.parse().unwrap(), Limits::default(), drain).await
}

#[tokio::test]
async fn an_idle_client_does_not_hold_up_the_end() {
    let server = draining_for(LONG).await;
    let client = server.client();
    assert_eq!(client.echo(&cx(), text("x")).await, Ok(text("x")));
    timeout(LONG / 4, server.stop()).await.unwrap().unwrap().unwrap();
    assert_eq!(verdict(client.echo(&cx(), text("x")).await), ("not executed", CauseKind::Unreachable));
}

#[tokio::test]
async fn a_call_in_flight_is_still_answered() {
    let server = draining_for(LONG).await;
    let (client, newcomer, module) = (server.client(), server.client(), Arc::clone(&server.module));
    let hanging = tokio::spawn(async move { client.echo(&cx(), text("hang")).await });
    until_async("one call hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    let ended = server.stop();
    until_async("no new calls are taken", LONG, async || newcomer.echo(&cx(), text("x")).await.is_err())
        .await;
    module.release.notify_one();
    assert_eq!(hanging.await.unwrap(), Ok(text("hang")));
    timeout(LONG, ended).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_never_lets_go_is_cut_after_the_drain() {
    let server = draining_for(Duration::from_millis(100)).await;
    let (client, module) = (server.client(), Arc::clone(&server.module));
    let hanging = tokio::spawn(async move { client.echo(&cx(), text("hang")).await });
    until_async("one call hangs", LONG, async || module.hanging.load(Ordering::SeqCst) == 1).await;
    let ended = timeout(LONG, server.stop()).await.unwrap().unwrap();
    assert!(matches!(ended, Err(ServeError::Undrained { cut: 1, .. })), "{ended:?}");
    assert_eq!(verdict(hanging.await.unwrap()), ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn the_address_is_free_again_at_once() {
    let server = draining_for(LONG).await;
    let address = server.address.clone();
    assert_eq!(server.client().echo(&cx(), text("x")).await, Ok(text("x")));
    server.stop().await.unwrap().unwrap();
    drop(GrpcServer::bind(&address).await.unwrap());
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let server = Server::start().await;
    let error = GrpcServer::bind(&server.address).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen at {}", server.address));
}
