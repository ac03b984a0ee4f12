//! One story, told to each phase: what a client sees stays the same, byte for byte.

use std::{net::SocketAddr, path::Path, process::Command, time::Duration};

use outgrow_testkit::{Http, LoopbackAddr, Process, TestDir, http::Reply, until_async};
use serde_json::{Value, json};

pub(crate) const SOON: Duration = Duration::from_secs(30);

const BEFORE: &str = env!("CARGO_BIN_EXE_before");
const HALFWAY: &str = env!("CARGO_BIN_EXE_halfway");
const AFTER: &str = env!("CARGO_BIN_EXE_after");
const BESIDE: &str = env!("CARGO_BIN_EXE_beside");

/// The application, listening for HTTP there.
async fn started(binary: &str, http: SocketAddr, more: &[(&str, String)]) -> Process {
    let mut command = Command::new(binary);
    command.env("HTTP", http.to_string()).envs(more.iter().cloned());
    let process = Process::start(&mut command);
    open(http).await;
    process
}

/// The other process of the same binary, at this gRPC address.
async fn post_room(grpc: SocketAddr) -> Process {
    let process = Process::start(Command::new(AFTER).env("POST_LISTEN", format!("grpc://{grpc}")));
    until_async("the post room listens", SOON, async || tokio::net::TcpStream::connect(grpc).await).await;
    process
}

async fn open(http: SocketAddr) {
    let hours = async || get(http, "/post/hours").await.status == 200;
    let there = async || tokio::net::TcpStream::connect(http).await;
    until_async("somebody listens", SOON, there).await;
    until_async("the application serves", SOON, hours).await;
}

async fn get(http: SocketAddr, path: &str) -> Reply {
    Http::at(http).get(path).send().await.unwrap()
}

async fn send(http: SocketAddr, parcel: &Value) -> Reply {
    Http::at(http).post("/post/parcels").json(parcel).send().await.unwrap()
}

/// Everything a client can see.
async fn told(http: SocketAddr) -> Vec<String> {
    let mut replies = vec![get(http, "/post/hours").await, get(http, "/post/parcels").await];
    for parcel in [
        json!({ "country": "AT", "grams": 500 }),
        json!({ "country": "XX", "grams": 500 }),
        json!({ "country": "DE", "grams": 30_000 }),
        json!({ "country": "DE", "grams": "many" }),
    ] {
        replies.push(send(http, &parcel).await);
    }
    let seen =
        |reply: &Reply| format!("{} {:?} {}", reply.status, reply.header("content-type"), reply.text());
    replies.iter().map(seen).collect()
}

#[tokio::test]
async fn the_same_story_is_told_before_and_after_and_from_another_process() {
    let host = LoopbackAddr::new();
    let (plain, local, remote, grpc) = (host.free(), host.free(), host.free(), host.free());
    let _plain = started(BEFORE, plain, &[]).await;
    let before = told(plain).await;
    let json = |body: &str| format!("Some(\"application/json\") {body}");
    assert_eq!(
        before[3],
        format!("422 Unprocessable Entity {}", json(r#"{"error":"nothing is sent to XX"}"#))
    );
    assert_eq!(before[4], format!("201 Created {}", json(r#"{"number":2,"cents":6890}"#)));

    let halfway = host.free();
    let _halfway = started(HALFWAY, halfway, &[]).await;
    assert_eq!(told(halfway).await, before, "a port that is called directly");
    let _local = started(AFTER, local, &[]).await;
    assert_eq!(told(local).await, before, "a port, in the same process");

    let _post = post_room(grpc).await;
    let _remote = started(AFTER, remote, &[("POST_AT", format!("grpc://{grpc}"))]).await;
    assert_eq!(told(remote).await, before, "a port, in another process");
}

#[tokio::test]
async fn the_post_room_really_runs_elsewhere_and_may_come_and_go() {
    let host = LoopbackAddr::new();
    let (http, grpc) = (host.free(), host.free());
    let parcel = json!({ "country": "AT", "grams": 100 });
    let _main = started(AFTER, http, &[("POST_AT", format!("grpc://{grpc}"))]).await;

    let mut post = post_room(grpc).await;
    for number in 1..=2 {
        let reply = send(http, &parcel).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["number"]), (201, &json!(number)));
    }
    post.kill();
    let reply = send(http, &parcel).await;
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("not executed: unreachable"), "{}", reply.text());
    assert_eq!(get(http, "/post/hours").await.status, 200, "what is here goes on");

    let _again = post_room(grpc).await;
    let back = until_async("the post room is found again", SOON, async || {
        Some(send(http, &parcel).await).filter(|reply| reply.status == 201)
    });
    assert_eq!(
        back.await.json()["number"],
        1,
        "what it kept in memory has gone with it: nothing is kept here"
    );
}

#[tokio::test]
async fn a_module_that_has_never_heard_of_the_kit_lives_beside_modules_that_have() {
    let (dir, host) = (TestDir::new(), LoopbackAddr::new());
    let (plain, beside) = (host.free(), host.free());
    let _plain = started(BEFORE, plain, &[]).await;
    let mut command = Command::new(BESIDE);
    command.current_dir(dir.path()).args(["serve", "--http", &beside.to_string()]);
    let _beside = Process::start(command.env_remove("OUTGROW_CONFIG"));
    open(beside).await;

    let before = told(plain).await;
    assert_eq!(told(beside).await, before, "its answers and errors are its own");
    assert_eq!(get(beside, "/v1/products").await.status, 200, "the shop is there, too");
    assert_eq!(get(beside, "/post/nothing").await.header("content-type"), Some("application/problem+json"));
    assert!(!get(beside, "/openapi.json").await.text().contains("/post/"), "it is not described");
}

#[test]
fn before_there_is_nothing_of_the_kit() {
    for file in ["main.rs", "http.rs", "post.rs"] {
        let text = read(&format!("before/{file}"));
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let ours = code.filter(|line| ["outgrow", "adapter_", "shop"].iter().any(|word| line.contains(word)));
        assert_eq!(ours.collect::<Vec<_>>(), [""; 0], "{file}");
    }
}

/// A file of this crate.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
