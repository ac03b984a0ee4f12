//! Peers whose answers make no sense: the call may have run, and nothing they send can panic us.

use std::io;

use adapter_grpc::Limits;
use outgrow::CauseKind;

use super::{
    example::{cx, text, verdict},
    serving::{Server, client},
    wire::{GRPC, Peer, Wire},
};

const IN_DOUBT: (&str, CauseKind) = ("in doubt", CauseKind::BadAnswer);

/// How a command ends with a peer that answers like this.
async fn ends<F>(act: impl Fn(Wire, u32) -> F + Clone + Send + Sync + 'static) -> (&'static str, CauseKind)
where
    F: Future<Output = io::Result<Wire>> + Send + 'static,
{
    let peer = Peer::after_request(act).await;
    verdict(client(&peer.address).put(&cx(), text("x")).await)
}

/// How it ends with this message and an `OK`.
async fn ends_with_data(data: &'static [u8]) -> (&'static str, CauseKind) {
    ends(move |mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC], false).await?;
        wire.data(stream, data, false).await?;
        wire.trailers(stream, &[("grpc-status", "0")]).await?;
        Ok(wire)
    })
    .await
}

/// How it ends with these details of a failure, in trailers and in headers.
async fn ends_with_details(details: &'static str) -> (&'static str, CauseKind) {
    let status = [("grpc-status", "9"), ("grpc-message", "no"), ("grpc-status-details-bin", details)];
    let in_trailers = ends(move |mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC], false).await?;
        wire.trailers(stream, &status).await?;
        Ok(wire)
    });
    let in_headers = ends(move |mut wire, stream| async move {
        wire.headers(stream, "200", &status, true).await?;
        Ok(wire)
    });
    let (in_trailers, in_headers) = (in_trailers.await, in_headers.await);
    assert_eq!(in_trailers, in_headers);
    in_trailers
}

#[tokio::test]
async fn details_that_are_not_base64_leave_the_call_in_doubt() {
    assert_eq!(ends_with_details("!not base64!").await, IN_DOUBT);
    assert_eq!(ends_with_details("A").await, IN_DOUBT);
}

#[tokio::test]
async fn details_that_are_not_a_status_leave_the_call_in_doubt() {
    assert_eq!(ends_with_details("/////w").await, IN_DOUBT);
}

#[tokio::test]
async fn empty_details_leave_the_call_in_doubt() {
    assert_eq!(ends_with_details("").await, IN_DOUBT);
}

#[tokio::test]
async fn a_refusal_of_another_package_leaves_the_call_in_doubt() {
    // google.rpc.Status { details: [Any { type_url: "type.googleapis.com/example.v10.No" }] }
    assert_eq!(ends_with_details("GiQKInR5cGUuZ29vZ2xlYXBpcy5jb20vZXhhbXBsZS52MTAuTm8").await, IN_DOUBT);
}

#[tokio::test]
async fn a_failure_without_its_verdict_leaves_the_call_in_doubt() {
    // google.rpc.Status { details: [Any { type_url: "type.googleapis.com/outgrow.v1.CallFailure" }] }
    let details = "GiwKKnR5cGUuZ29vZ2xlYXBpcy5jb20vb3V0Z3Jvdy52MS5DYWxsRmFpbHVyZQ";
    assert_eq!(ends_with_details(details).await, IN_DOUBT);
}

#[tokio::test]
async fn an_answer_that_is_not_one_message_leaves_the_call_in_doubt() {
    assert_eq!(ends_with_data(b"\x00\x00\x00\x00").await, IN_DOUBT, "less than a prefix");
    assert_eq!(ends_with_data(b"\x00\x00\x00\x00\x09\x0a\x02ok").await, IN_DOUBT, "cut short");
    assert_eq!(ends_with_data(b"\x00\xff\xff\xff\xff").await, IN_DOUBT, "a length of 4 GiB");
    assert_eq!(ends_with_data(b"\x01\x00\x00\x00\x04\x0a\x02ok").await, IN_DOUBT, "compressed");
    assert_eq!(ends_with_data(b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00").await, IN_DOUBT, "two messages");
    assert_eq!(ends_with_data(b"\x00\x00\x00\x00\x02\xff\xff").await, IN_DOUBT, "not the answer's type");
    assert_eq!(ends_with_data(b"").await, IN_DOUBT, "nothing");
}

#[tokio::test]
async fn an_answer_that_is_too_large_leaves_the_call_in_doubt() {
    let generous = Limits { message: 8 * 1024 * 1024, ..Limits::default() };
    let server = Server::limited(generous).await;
    assert_eq!(verdict(server.client().put(&cx(), text("long 5000000")).await), IN_DOUBT);
}

#[tokio::test]
async fn an_answer_without_a_status_leaves_the_call_in_doubt() {
    let end = ends(|mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC], false).await?;
        wire.data(stream, b"\x00\x00\x00\x00\x04\x0a\x02ok", true).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn an_answer_of_plain_http_leaves_the_call_in_doubt() {
    for status in ["404", "502"] {
        let end = ends(move |mut wire, stream| async move {
            wire.headers(stream, status, &[("content-type", "text/html")], true).await?;
            Ok(wire)
        });
        assert_eq!(end.await, ("in doubt", CauseKind::Lost), "{status}");
    }
}

#[tokio::test]
async fn trailers_that_are_too_large_leave_the_call_in_doubt() {
    let end = ends(|mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC], false).await?;
        wire.trailers(stream, &[("grpc-status", "4"), ("grpc-message", &"x".repeat(64 * 1024))]).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_status_that_is_no_number_leaves_the_call_in_doubt() {
    let end = ends(|mut wire, stream| async move {
        wire.headers(stream, "200", &[GRPC, ("grpc-status", "fine"), ("grpc-message", "%ff%")], true).await?;
        Ok(wire)
    });
    assert_eq!(end.await, ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_does_not_panic_us() {
    for greeting in [&b"SSH-2.0-OpenSSH_9.9\r\n"[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0xff; 64]] {
        let peer = Peer::start(move |mut wire| async move {
            wire.raw(greeting).await?;
            wire.silence().await
        });
        let peer = peer.await;
        let (executed, _) = verdict(client(&peer.address).put(&cx(), text("x")).await);
        assert!(["in doubt", "not executed"].contains(&executed));
    }
}
