//! Which failure is it? Each row of the table of the client, by a peer that makes it happen.

use std::{
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use adapter_grpc::GrpcAddress;
use futures_util::future::BoxFuture;
use outgrow::CauseKind;
use outgrow_testkit::{LoopbackAddr, until_async};
use tokio::sync::Notify;

use super::{
    example::{LONG, cx, text, verdict},
    serving::client,
    wire::{CANCEL, GRPC, INTERNAL_ERROR, NO_ERROR, Peer, REFUSED_STREAM, Wire},
};

/// How a command ends with a peer that reads the request whole and then does this.
async fn ends<F>(act: impl Fn(Wire, u32) -> F + Clone + Send + Sync + 'static) -> (&'static str, CauseKind)
where
    F: Future<Output = io::Result<Wire>> + Send + 'static,
{
    let peer = Peer::after_request(act).await;
    verdict(client(&peer.address).put(&cx(), text("x")).await)
}

#[tokio::test]
async fn the_peer_of_these_tests_can_answer() {
    let peer = Peer::after_request(|mut wire, stream| async move {
        wire.answer(stream).await?;
        Ok(wire)
    });
    let peer = peer.await;
    assert_eq!(client(&peer.address).put(&cx(), text("x")).await, Ok(text("ok")));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_executed_and_it_is_known_at_once() {
    let address: GrpcAddress = format!("grpc://{}", LoopbackAddr::new().free()).parse().unwrap();
    let client = client(&address);
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(verdict(client.put(&cx(), text("x")).await), ("not executed", CauseKind::Unreachable));
    }
    assert!(began.elapsed() < LONG / 4, "{:?}", began.elapsed());
}

type Ending = fn(&mut Wire) -> BoxFuture<'_, io::Result<()>>;

/// How a command ends that cannot leave, since the peer allows no streams. `end` comes when the call waits.
async fn ends_unsent(budget: Duration, end: Ending) -> (&'static str, CauseKind) {
    let (closed, waits) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, told) = (Arc::clone(&closed), Arc::clone(&waits));
    let peer = Peer::start(move |mut wire| {
        let (tell, told) = (Arc::clone(&tell), Arc::clone(&told));
        async move {
            wire.greet().await?;
            let stream = wire.request().await?;
            wire.answer(stream).await?;
            wire.allow_no_streams().await?;
            tell.notify_one();
            told.notified().await;
            end(&mut wire).await
        }
    });
    let peer = peer.await;
    let client = client(&peer.address);
    assert_eq!(client.put(&cx(), text("x")).await, Ok(text("ok")));
    closed.notified().await;
    let cx = cx().within(budget);
    let (answer, ()) = tokio::join!(client.put(&cx, text("x")), async { waits.notify_one() });
    verdict(answer)
}

#[tokio::test]
async fn what_never_left_was_not_executed_whatever_the_error() {
    let endings: [Ending; 4] = [
        |_wire| Box::pin(async { Ok(()) }),
        |wire| Box::pin(wire.go_away(1, NO_ERROR)),
        |wire| Box::pin(wire.go_away(1, INTERNAL_ERROR)),
        |wire| Box::pin(wire.raw(&[0xff; 64])),
    ];
    for end in endings {
        assert_eq!(ends_unsent(LONG, end).await, ("not executed", CauseKind::Unreachable));
    }
}

#[tokio::test]
async fn what_never_left_in_time_was_not_executed() {
    let end = ends_unsent(Duration::from_millis(100), |_wire| Box::pin(std::future::pending()));
    assert_eq!(end.await, ("not executed", CauseKind::Expired));
}

#[tokio::test]
async fn a_refused_stream_was_not_executed() {
    let end = ends(|mut wire, stream| async move {
        wire.reset(stream, REFUSED_STREAM).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("not executed", CauseKind::Unreachable));
}

#[tokio::test]
async fn a_farewell_that_does_not_count_the_call_means_not_executed() {
    let end = ends(|mut wire, _stream| async move {
        wire.go_away(0, NO_ERROR).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("not executed", CauseKind::Unreachable));
}

#[tokio::test]
async fn a_farewell_that_counts_the_call_leaves_it_in_doubt_when_no_answer_follows() {
    let end = ends(|mut wire, stream| async move {
        wire.go_away(stream, NO_ERROR).await?;
        Err(io::Error::other("and closes"))
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_farewell_that_counts_the_call_still_lets_its_answer_come() {
    let peer = Peer::after_request(|mut wire, stream| async move {
        wire.go_away(stream, NO_ERROR).await?;
        wire.answer(stream).await?;
        Ok(wire)
    });
    let peer = peer.await;
    assert_eq!(client(&peer.address).put(&cx(), text("x")).await, Ok(text("ok")));
}

#[tokio::test]
async fn a_farewell_in_anger_leaves_the_call_in_doubt() {
    let end = ends(|mut wire, _stream| async move {
        wire.go_away(0, INTERNAL_ERROR).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_cancelled_stream_leaves_the_call_in_doubt() {
    let end = ends(|mut wire, stream| async move {
        wire.reset(stream, CANCEL).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_broken_connection_leaves_the_call_in_doubt() {
    let end = ends(|_wire, _stream| async { Err(io::Error::other("closes")) });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_connection_that_breaks_within_the_answer_leaves_the_call_in_doubt() {
    let end = ends(|mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC], false).await?;
        wire.data(stream, b"\x00\x00\x00", false).await?;
        Err(io::Error::other("closes"))
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_refused_stream_after_the_answer_began_leaves_the_call_in_doubt() {
    let end = ends(|mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC], false).await?;
        wire.reset(stream, REFUSED_STREAM).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_bare_status_leaves_the_call_in_doubt() {
    for (code, kind) in [("14", CauseKind::Lost), ("4", CauseKind::Expired), ("13", CauseKind::Internal)] {
        let end = ends(move |mut wire, stream| async move {
            wire.headers(stream, "200", &[GRPC, ("grpc-status", code)], true).await?;
            Ok(wire)
        });
        assert_eq!(end.await, ("in doubt", kind), "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_leaves_the_call_in_doubt_and_is_called_off() {
    let called_off = Arc::new(Mutex::new(false));
    let tell = Arc::clone(&called_off);
    let peer = Peer::after_request(move |mut wire, stream| {
        let tell = Arc::clone(&tell);
        async move {
            wire.until(|frame| frame.is_cancel_of(stream)).await?;
            *tell.lock().unwrap() = true;
            Ok(wire)
        }
    });
    let peer = peer.await;
    let client = client(&peer.address);
    let answer = client.put(&cx().within(Duration::from_millis(100)), text("x")).await;
    assert_eq!(verdict(answer), ("in doubt", CauseKind::Expired));
    until_async("the call is called off", LONG, async || *called_off.lock().unwrap()).await;
}
