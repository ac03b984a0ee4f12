//! How a client connects: TCP to wherever the name leads now, then HTTP/2.

use std::sync::Arc;

use http::Uri;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::{
    client::legacy::connect::HttpConnector,
    rt::{TokioExecutor, TokioTimer},
};
use outgrow::BoxFuture;
use outgrow_runtime::link::Connect;
use tower::Service as _;

use super::{
    departure::Outgoing,
    peer::{Peer, chain},
    resolve::Resolver,
};

/// The largest header list, trailers included, that a peer may send.
const MAX_HEADERS: u32 = 16 * 1024;

pub(super) type Link = outgrow_runtime::Link<Http2>;

pub(super) struct Http2 {
    origin: Uri,
    tcp: HttpConnector<Resolver>,
    http: Builder<TokioExecutor>,
}

impl Http2 {
    pub(super) fn of(peer: &Peer) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(Arc::clone(&peer.resolver)));
        tcp.set_nodelay(true);
        let mut http = Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(peer.keepalive.every)
            .keep_alive_timeout(peer.keepalive.within)
            .keep_alive_while_idle(true)
            // Nothing leaves before the peer has said its settings: one that is silent has been sent nothing.
            .initial_max_send_streams(0)
            .max_header_list_size(MAX_HEADERS);
        Self { origin: peer.uri("/").unwrap_or_default(), tcp, http }
    }
}

impl Connect for Http2 {
    type Connection = SendRequest<Outgoing>;

    fn connect(&self) -> BoxFuture<'_, Result<Self::Connection, Arc<str>>> {
        Box::pin(async {
            let stream =
                self.tcp.clone().call(self.origin.clone()).await.map_err(|error| Arc::from(chain(&error)))?;
            let (sender, connection) =
                self.http.handshake(stream).await.map_err(|error| Arc::from(chain(&error)))?;
            drop(tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(error = %chain(&error), "a connection broke");
                }
            }));
            Ok(sender)
        })
    }

    fn is_closed(connection: &Self::Connection) -> bool {
        connection.is_closed()
    }
}
