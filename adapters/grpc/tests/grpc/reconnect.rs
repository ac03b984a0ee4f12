//! Peers that come, go, move and fall silent.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use adapter_grpc::{GrpcAddress, GrpcTransport, Keepalive, Limits, Resolve};
use outgrow::{BoxFuture, CauseKind, Transport as _};
use outgrow_testkit::{LoopbackAddr, until_async};

use super::{
    example::{LONG, cx, text, verdict},
    serving::{Server, client, via},
    wire::Peer,
};

async fn serve_at(address: &GrpcAddress) -> Server {
    Server::at(address, Limits::default(), LONG).await
}

/// A name that can be moved.
#[derive(Default)]
struct Names {
    at: Mutex<Option<IpAddr>>,
    asked: AtomicUsize,
}

impl Resolve for Names {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        assert_eq!(host, "stock.test");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let at = *self.at.lock().unwrap();
        Box::pin(async move {
            match at {
                Some(at) => Ok(vec![SocketAddr::from((at, 0))]),
                None => std::future::pending().await,
            }
        })
    }
}

#[tokio::test]
async fn either_side_may_start_first_die_and_return() {
    let address: GrpcAddress = format!("grpc://{}", LoopbackAddr::new().free()).parse().unwrap();
    let client = client(&address);
    for _ in 0..3 {
        assert_eq!(verdict(client.put(&cx(), text("x")).await), ("not executed", CauseKind::Unreachable));
        let server = serve_at(&address).await;
        until_async("the peer is found", LONG, async || client.put(&cx(), text("x")).await).await;
        server.stop().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_moves_behind_its_name_is_found_again() {
    let first: GrpcAddress = format!("grpc://{}", LoopbackAddr::new().free()).parse().unwrap();
    let second: GrpcAddress =
        format!("grpc://{}:{}", LoopbackAddr::new().ip(), first.port()).parse().unwrap();
    let names = Arc::new(Names::default());
    let name = format!("grpc://stock.test:{}", first.port()).parse().unwrap();
    let client = via(GrpcTransport::connect(&name).resolver(Arc::<Names>::clone(&names)));

    *names.at.lock().unwrap() = Some(first.host().parse().unwrap());
    let server = serve_at(&first).await;
    assert_eq!(client.put(&cx(), text("x")).await, Ok(text("x")));
    server.stop().await.unwrap().unwrap();

    *names.at.lock().unwrap() = Some(second.host().parse().unwrap());
    let server = serve_at(&second).await;
    until_async("the peer is found", LONG, async || client.put(&cx(), text("x")).await).await;
    server.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_peer_is_there_if_it_says_that_it_serves() {
    let reachable = async |address: &GrpcAddress| GrpcTransport::connect(address).reachable().await;
    let address: GrpcAddress = format!("grpc://{}", LoopbackAddr::new().free()).parse().unwrap();
    assert!(!reachable(&address).await, "nobody is there");
    let server = serve_at(&address).await;
    assert!(reachable(&address).await);
    server.stop().await.unwrap().unwrap();

    let silent = Peer::start(|mut wire| async move {
        wire.greet().await?;
        wire.silence().await
    });
    assert!(!reachable(&silent.await.address).await, "a connection alone says nothing");
    let retiring = Peer::after_request(|mut wire, stream| async move {
        wire.headers(stream, "200", &[("content-type", "application/grpc")], false).await?;
        wire.data(stream, b"\x00\x00\x00\x00\x02\x08\x02", false).await?;
        wire.trailers(stream, &[("grpc-status", "0")]).await?;
        Ok(wire)
    });
    assert!(!reachable(&retiring.await.address).await, "it says that it does not serve");
    let foreign = Peer::after_request(|mut wire, stream| async move {
        wire.headers(stream, "200", &[("grpc-status", "12")], true).await?;
        Ok(wire)
    });
    assert!(reachable(&foreign.await.address).await, "it is there, and does not know the question");
}

#[tokio::test]
async fn rolling_restarts_under_load_give_only_answers_or_nothing_done() {
    let address: GrpcAddress = format!("grpc://{}", LoopbackAddr::new().free()).parse().unwrap();
    let client = client(&address);
    let mut server = serve_at(&address).await;
    for _ in 0..10 {
        let load = (0..40).map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                for _ in 0..5 {
                    match client.put(&cx(), text("x")).await {
                        Ok(answer) => assert_eq!(answer, text("x")),
                        failed => assert_eq!(verdict(failed), ("not executed", CauseKind::Unreachable)),
                    }
                }
            })
        });
        let load: Vec<_> = load.collect();
        server.stop().await.unwrap().unwrap();
        server = serve_at(&address).await;
        for call in load {
            call.await.unwrap();
        }
    }
    until_async("the peer is found", LONG, async || client.put(&cx(), text("x")).await).await;
}

#[tokio::test]
async fn all_who_wait_share_one_attempt() {
    let names = Arc::new(Names::default());
    let name = "grpc://stock.test:7101".parse().unwrap();
    let client = via(GrpcTransport::connect(&name).resolver(Arc::<Names>::clone(&names)));
    let calls = (0..50).map(|_| {
        let client = Arc::clone(&client);
        let cx = cx().within(Duration::from_millis(200));
        tokio::spawn(async move { verdict(client.put(&cx, text("x")).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), ("not executed", CauseKind::Expired));
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_given_up_without_a_deadline() {
    let peer = Peer::start(|mut wire| async move {
        wire.greet().await?;
        wire.request().await?;
        wire.silence().await
    });
    let peer = peer.await;
    let keepalive = Keepalive { every: Duration::from_millis(50), within: Duration::from_millis(50) };
    let client = via(GrpcTransport::connect(&peer.address).keepalive(keepalive));
    let patient = outgrow::CallContext::new("tests", uuid::Uuid::nil());
    let answer = tokio::time::timeout(LONG, client.put(&patient, text("x"))).await.unwrap();
    assert_eq!(verdict(answer), ("in doubt", CauseKind::Lost));
}

#[tokio::test]
async fn a_client_that_falls_silent_is_given_up() {
    use tokio::io::AsyncReadExt as _;
    let address = format!("grpc://{}:0", LoopbackAddr::new().ip()).parse().unwrap();
    let listener = adapter_grpc::GrpcServer::bind(&address).await.unwrap();
    let at = listener.local_addr().unwrap();
    let keepalive = Keepalive { every: Duration::from_millis(50), within: Duration::from_millis(50) };
    let ids = Arc::new(outgrow_testkit::SequentialIds::default());
    let server = adapter_grpc::GrpcServer::new(Vec::new(), ids).keepalive(keepalive);
    let serving = tokio::spawn(server.serve(listener, std::future::pending(), LONG));
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    tokio::io::AsyncWriteExt::write_all(&mut stream, hello).await.unwrap();
    let hung_up = tokio::time::timeout(LONG, stream.read_to_end(&mut Vec::new())).await;
    assert!(hung_up.is_ok(), "the server hangs up on who does not answer its pings");
    serving.abort();
}
