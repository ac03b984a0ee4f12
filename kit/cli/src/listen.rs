//! Where a service listens: HTTP for people and operations, carriers for other services.
//!
//! Everything is bound before a module is served, so that a taken port ends the process at once, saying which.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use adapter_grpc::{GrpcServer, ServeError};
use axum::Router;
use outgrow::{Dispatch, IdGen};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Failed, Settings, check};

/// What a service has bound.
pub(crate) struct Listening {
    http: Option<(SocketAddr, TcpListener)>,
    grpc: Option<(SocketAddr, TcpListener)>,
}

/// Binds HTTP, for operations to answer while everything else is being prepared.
pub(crate) async fn http(settings: &Settings, service: &str) -> Result<Listening, Failed> {
    let http = settings.topology.services.get(service).and_then(|service| service.http);
    let http = match http {
        Some(address) => Some(listener("http", &address.to_string()).await?),
        None => None,
    };
    Ok(Listening { http, grpc: None })
}

async fn listener(what: &str, address: &str) -> Result<(SocketAddr, TcpListener), Failed> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        Ok::<_, std::io::Error>((listener.local_addr()?, listener))
    };
    bound.await.map_err(|error| {
        let why =
            format!("cannot listen for {what} at {address}; use another address, or end what listens there");
        Failed::unavailable(anyhow::Error::new(error).context(why))
    })
}

impl Listening {
    /// Binds for other services, too. Not before they can be served: a peer who is let in and then not answered is in
    /// doubt, one who finds nobody is not.
    pub(crate) async fn and_carriers(self, settings: &Settings, service: &str) -> Result<Self, Failed> {
        let grpc = match check::bind_address(settings, service, "grpc") {
            Some(address) => Some(listener("grpc", &address.place).await?),
            None => None,
        };
        Ok(Self { grpc, ..self })
    }

    /// Answers HTTP with `router` until `until` ends. Whoever comes later waits for what is served then.
    pub(crate) async fn meanwhile<T>(
        self,
        router: Router,
        until: impl Future<Output = T>,
    ) -> Result<(Self, T), Failed> {
        let Some((address, listener)) = self.http else {
            let ended = until.await;
            return Ok((self, ended));
        };
        let listener = listener.into_std().map_err(Failed::other)?;
        let again = listener.try_clone().and_then(TcpListener::from_std).map_err(Failed::other)?;
        let (stop, drain) = (CancellationToken::new(), Duration::from_secs(1));
        let answering = adapter_http::serve(again, router, stop.cancelled(), drain);
        let waiting = async {
            let ended = until.await;
            stop.cancel();
            ended
        };
        let (_cut, ended) = tokio::join!(answering, waiting);
        let http = Some((address, TcpListener::from_std(listener).map_err(Failed::other)?));
        Ok((Self { http, ..self }, ended))
    }

    /// Where HTTP listens.
    pub(crate) fn http(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|(address, _)| *address)
    }

    /// Every listener: what it carries, and where.
    pub(crate) fn describe(&self) -> Vec<(&'static str, SocketAddr)> {
        let http = self.http.iter().map(|(address, _)| ("http", *address));
        http.chain(self.grpc.iter().map(|(address, _)| ("grpc", *address))).collect()
    }

    /// Serves until `stop`, then lets what has begun end, at most as long as `drain`.
    pub(crate) async fn serve(
        self,
        router: Router,
        doors: Vec<Arc<dyn Dispatch>>,
        ids: Arc<dyn IdGen>,
        stop: CancellationToken,
        drain: Duration,
    ) -> Result<(), Failed> {
        let http = async {
            if let Some((_, listener)) = self.http {
                adapter_http::serve(listener, router, stop.cancelled(), drain).await;
            }
        };
        let grpc = async {
            let Some((_, listener)) = self.grpc else { return Ok(()) };
            match GrpcServer::new(doors, ids).serve(listener, stop.cancelled(), drain).await {
                // Whoever would not let go was let go of: that is how a drain ends.
                Err(undrained @ ServeError::Undrained { .. }) => {
                    tracing::warn!(%undrained, "peers held on for longer than the drain");
                    Ok(())
                }
                served => served.map_err(Failed::other),
            }
        };
        let ((), served) = tokio::join!(http, grpc);
        served
    }
}
