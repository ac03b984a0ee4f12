//! The server, over real sockets.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapter_http::{Endpoints, routes, serve};
use axum::{Router, extract::State};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::support::{router, router_of};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<usize>,
}

async fn run(router: Router, drain: Duration) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { stopped.await.unwrap() };
    let served = tokio::spawn(serve(listener, router, shutdown, drain));
    Running { address, stop, served }
}

impl Running {
    async fn open(&self, request: &str) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        client
    }

    /// How many connections were cut.
    async fn stopped(self) -> usize {
        self.stop.send(()).unwrap();
        timeout(Duration::from_secs(10), self.served).await.expect("the drain is bounded").unwrap()
    }
}

async fn answer(client: &mut TcpStream) -> String {
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while !answer.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let read = timeout(Duration::from_secs(10), client.read(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(answer).unwrap()
}

/// Ends when it is told to.
#[utoipa::path(get, path = "/v1/slow", responses((status = 200)))]
async fn slow(State(signals): State<Arc<(Notify, Notify)>>) -> &'static str {
    signals.0.notify_one();
    signals.1.notified().await;
    "done"
}

#[tokio::test]
async fn a_request_that_has_begun_is_finished_and_idle_connections_are_closed() {
    let signals = Arc::new((Notify::new(), Notify::new()));
    let router = router_of([Endpoints::new("slow", Arc::clone(&signals), [routes!(slow)])]);
    let running = run(router, Duration::from_secs(10)).await;
    let mut idle = running.open("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer(&mut idle).await.starts_with("HTTP/1.1 200"));
    let mut busy = running.open("GET /v1/slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    signals.0.notified().await;

    let address = running.address;
    let stopped = tokio::spawn(running.stopped());
    assert_eq!(timeout(Duration::from_secs(5), idle.read(&mut [0; 64])).await.unwrap().unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err(), "no new connection is accepted");
    signals.1.notify_one();
    assert!(answer(&mut busy).await.starts_with("HTTP/1.1 200"));
    assert_eq!(stopped.await.unwrap(), 0);
}

#[tokio::test]
async fn a_client_that_never_lets_go_is_cut_off_when_the_drain_is_over() {
    let running = run(router(), Duration::from_millis(200)).await;
    let head = "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let half_a_head = running.open(head).await;
    let mut half_a_body =
        running.open(&format!("{head}content-length: 100\r\nexpect: 100-continue\r\n\r\n{{")).await;
    // The handler reads: it asked for the body.
    assert!(answer(&mut half_a_body).await.starts_with("HTTP/1.1 100"));
    let start = Instant::now();
    assert!((1..=2).contains(&running.stopped().await));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop((half_a_head, half_a_body));
}

#[tokio::test]
async fn a_client_that_writes_first_and_reads_later_is_told_that_its_body_is_too_large() {
    let running = run(router(), Duration::from_secs(1)).await;
    let size = 6 * 1024 * 1024;
    let head = "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    for (framing, prefix, suffix) in [
        (format!("content-length: {size}\r\n\r\n"), String::new(), ""),
        ("transfer-encoding: chunked\r\n\r\n".to_owned(), format!("{size:x}\r\n"), "\r\n0\r\n\r\n"),
    ] {
        let mut client = running.open(&format!("{head}{framing}{prefix}")).await;
        client.write_all(&vec![b' '; size]).await.unwrap();
        client.write_all(suffix.as_bytes()).await.unwrap();
        let answer = answer(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
    assert_eq!(running.stopped().await, 0);
}

#[tokio::test]
async fn garbage_is_answered_and_does_no_harm() {
    let running = run(router(), Duration::from_secs(1)).await;
    for garbage in ["\r\n\r\nnonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0\r\n\r\n"] {
        let mut client = running.open(garbage).await;
        assert!(answer(&mut client).await.starts_with("HTTP/1.1 400"), "{garbage:?}");
    }
    let mut client = running.open("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer(&mut client).await.starts_with("HTTP/1.1 200"));
    assert_eq!(running.stopped().await, 0);
}
