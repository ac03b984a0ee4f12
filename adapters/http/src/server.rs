//! Serves a router over HTTP/1.1 until it is told to stop, and then lets go in bounded time.
//!
//! Requests that have begun are finished and idle connections closed. A client that holds on for longer than the
//! drain is cut off: without that bound one slow reader keeps a process alive for ever.

use std::{io, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long a client may take over the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// How many connections are served at once. Beyond it clients wait to be accepted.
const CONNECTIONS: usize = 1024;
/// How long to wait when there is no room for another connection.
const FULL_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` ends, then waits for open requests, at most as long as `drain`.
///
/// Returns how many connections had to be cut. Commands that those were waiting for run on: they have tasks of their
/// own.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
    drain: Duration,
) -> usize {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            stream = accept(&listener), if connections.len() < CONNECTIONS => {
                let service = TowerToHyperService::new(router.clone());
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended badly");
                    }
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let ended = timeout(drain, async {
        graceful.shutdown().await;
        while connections.join_next().await.is_some() {}
    });
    if ended.await.is_err() {
        let cut = connections.len();
        tracing::warn!(cut, "clients held on for longer than the drain");
        connections.shutdown().await;
        return cut;
    }
    0
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "small answers may be delayed");
                }
                return stream;
            }
            Err(error) if of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(FULL_PAUSE).await;
            }
        }
    }
}

/// The client was gone before it was accepted.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
