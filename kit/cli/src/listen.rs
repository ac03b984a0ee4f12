//! Where a service listens: HTTP for people and operations, carriers for other services.
//!
//! Everything is bound before anything is served, so that a taken port ends the process at once, saying which.

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

/// Binds everything this service listens at.
pub(crate) async fn bind(settings: &Settings, service: &str) -> Result<Listening, Failed> {
    let http = settings.topology.services.get(service).and_then(|service| service.http);
    let http = match http {
        Some(address) => Some(listener("http", &address.to_string()).await?),
        None => None,
    };
    let grpc = match check::bind_address(settings, service, "grpc") {
        Some(address) => Some(listener("grpc", &address.place).await?),
        None => None,
    };
    Ok(Listening { http, grpc })
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
