//! The connections of a server: accepted, kept alive, drained.

use std::{convert::Infallible, io::Cursor, pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time,
};

use super::{Limits, call::Mounted};
use crate::Keepalive;

/// Between two attempts when the system accepts nothing, as when it is out of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) struct Connections {
    http: http2::Builder<TokioExecutor>,
    mounted: Arc<Mounted>,
    open: JoinSet<()>,
    most: usize,
    greeting: Duration,
    draining: watch::Sender<()>,
}

impl Connections {
    pub(super) fn new(limits: Limits, keepalive: Keepalive, mounted: Arc<Mounted>) -> Self {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(keepalive.every)
            .keep_alive_timeout(keepalive.within)
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(limits.headers)
            .auto_date_header(false);
        Self {
            http,
            mounted,
            open: JoinSet::new(),
            most: limits.connections,
            greeting: limits.greeting,
            draining: watch::Sender::new(()),
        }
    }

    /// Takes in who comes, until `shutdown`.
    pub(super) async fn accept(&mut self, listener: &TcpListener, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                accepted = listener.accept(), if self.open.len() < self.most => match accepted {
                    Ok((stream, _peer)) => self.serve(stream),
                    Err(error) => {
                        tracing::warn!(%error, "no connection could be accepted");
                        time::sleep(PAUSE).await;
                    }
                },
                Some(_closed) = self.open.join_next() => {}
            }
        }
    }

    fn serve(&mut self, stream: TcpStream) {
        let (http, mounted, greeting) = (self.http.clone(), Arc::clone(&self.mounted), self.greeting);
        let mut draining = self.draining.subscribe();
        self.open.spawn(async move {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
            let greeted = tokio::select! {
                greeted = time::timeout(greeting, greeted(stream)) => greeted,
                _ = draining.changed() => return,
            };
            let Ok(Some(stream)) = greeted else { return };
            let answer = service_fn(move |request| {
                let mounted = Arc::clone(&mounted);
                async move { Ok::<_, Infallible>(mounted.answer(request).await) }
            });
            let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = draining.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }

    /// Lets every call finish, for so long; returns how many connections had to be cut.
    pub(super) async fn drain(mut self, within: Duration) -> usize {
        self.draining.send_replace(());
        let closed = async { while self.open.join_next().await.is_some() {} };
        if time::timeout(within, closed).await.is_ok() {
            return 0;
        }
        let cut = self.open.len();
        self.open.shutdown().await;
        cut
    }
}

/// What every HTTP/2 connection begins with (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The connection of a peer that speaks HTTP/2, from its first byte on. hyper would wait for that word for ever, and a
/// peer that never says it would keep its place.
async fn greeted(stream: TcpStream) -> Option<impl AsyncRead + AsyncWrite + Send + Unpin> {
    let (mut read, write) = stream.into_split();
    let mut said = [0; PREFACE.len()];
    read.read_exact(&mut said).await.ok()?;
    (said == *PREFACE).then(|| tokio::io::join(Cursor::new(said).chain(read), write))
}
