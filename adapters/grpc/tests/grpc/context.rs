//! What travels with a call.

use std::time::Duration;

use outgrow::{CallContext, CauseKind};
use uuid::Uuid;

use super::{
    example::{LONG, cx, text, verdict},
    foreign::{self, Foreign},
    serving::Server,
};
use tonic::Code;

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[tokio::test]
async fn the_context_arrives_whole() {
    let server = Server::start().await;
    let cx = CallContext::new("ordering", Uuid::from_u128(0xc0))
        .caused_by(Uuid::from_u128(0xca))
        .traced(TRACE.parse().unwrap())
        .for_principal("Zoë 100% <zoe@example.org>")
        .with_key("key-1/Place.reserve".parse().unwrap())
        .within(Duration::from_secs(150));
    let answer = server.client().put(&cx, text("context")).await.unwrap();
    assert_eq!(
        answer.text,
        format!(
            "caller=ordering correlation=00000000-0000-0000-0000-0000000000c0 \
             causation=00000000-0000-0000-0000-0000000000ca trace={TRACE} \
             principal=Zoë 100% <zoe@example.org> key=key-1/Place.reserve minutes=2"
        )
    );
}

#[tokio::test]
async fn an_empty_context_stays_empty() {
    let server = Server::start().await;
    let answer = server.client().put(&CallContext::new("", Uuid::nil()), text("context")).await.unwrap();
    assert_eq!(
        answer.text,
        "caller= correlation=00000000-0000-0000-0000-000000000000 causation=- trace=- principal=- key=- minutes=-"
    );
}

#[tokio::test]
async fn a_foreign_caller_without_headers_is_nobody_and_gets_a_new_correlation() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    let mut told = Vec::new();
    for _ in 0..2 {
        told.push(foreign.call("/example.v1.Example/Echo", foreign::text("context"), &[]).await.unwrap());
    }
    let told: Vec<_> = told.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    assert!(told[0].contains("caller= correlation=") && told[0].contains(" principal=- "), "{told:?}");
    assert_ne!(told[0], told[1]);
}

#[tokio::test]
async fn every_unit_of_a_foreign_timeout_is_understood() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    for (timeout, minutes) in
        [("1H", "59"), ("90M", "89"), ("600S", "9"), ("600000m", "9"), ("99999999n", "0")]
    {
        let headers = [("grpc-timeout", timeout)];
        let told =
            foreign.call("/example.v1.Example/Echo", foreign::text("context"), &headers).await.unwrap();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.ends_with(&format!(" minutes={minutes}")), "{timeout}: {told}");
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_a_bad_request_that_names_it() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    for (name, value) in [
        ("outgrow-correlation", "42"),
        ("outgrow-causation", "0197f0e5-0000-7000-8000-00000000000g"),
        ("idempotency-key", ""),
        ("idempotency-key", "two words"),
        ("idempotency-key", &"k".repeat(256)),
        ("outgrow-principal", "%ff"),
        ("outgrow-caller", "%c3%28"),
        ("grpc-timeout", "5"),
        ("grpc-timeout", "5s"),
        ("grpc-timeout", "+5S"),
        ("grpc-timeout", "123456789m"),
    ] {
        let headers = [(name, value)];
        let call = foreign.call("/example.v1.Example/Put", foreign::text("x"), &headers);
        let status = call.await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{name}: {value}: {status:?}");
        assert!(status.message().starts_with(&format!("header `{name}` cannot be read: ")), "{status:?}");
        assert!(foreign::says_not_executed(&status, "bad-request"), "{status:?}");
    }
}

#[tokio::test]
async fn a_spent_budget_is_not_sent() {
    let server = Server::start().await;
    let answer = server.client().put(&cx().within(Duration::ZERO), text("hang")).await;
    assert_eq!(verdict(answer), ("not executed", CauseKind::Expired));
    assert_eq!(server.client().echo(&cx().within(LONG), text("a")).await, Ok(text("a")));
    assert_eq!(server.module.hanging.load(std::sync::atomic::Ordering::SeqCst), 0);
}
