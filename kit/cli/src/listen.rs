//! Where a service listens: HTTP for people and operations, carriers for other services.
//!
//! Everything is bound before a module is served, so that a taken port ends the process at once, saying which.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::future::{join_all, try_join_all};
use outgrow::{Dispatch, IdGen};
use outgrow_runtime::{Carrier, Listener};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Failed, Settings, check};

/// What a service has bound.
pub(crate) struct Listening {
    http: Option<(SocketAddr, TcpListener)>,
    carriers: Vec<(&'static str, Box<dyn Listener>)>,
    /// Carriers that do not reach this service; perhaps they did.
    others: Vec<Arc<dyn Carrier>>,
}

/// A listener, for those who look after the process.
pub(crate) struct Place {
    /// What arrives there.
    pub(crate) what: &'static str,
    /// Where it is.
    pub(crate) at: String,
    /// Whether anything can arrive now.
    pub(crate) is_up: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Binds HTTP, for operations to answer while everything else is being prepared.
pub(crate) async fn http(settings: &Settings, service: &str) -> Result<Listening, Failed> {
    let http = settings.topology.services.get(service).and_then(|service| service.http);
    let http = match http {
        Some(address) => Some(http_at(address).await?),
        None => None,
    };
    Ok(Listening { http, carriers: Vec::new(), others: Vec::new() })
}

async fn http_at(address: SocketAddr) -> Result<(SocketAddr, TcpListener), Failed> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        Ok::<_, std::io::Error>((listener.local_addr()?, listener))
    };
    bound.await.map_err(|error| taken("http", address, error))
}

fn taken(what: &str, address: impl fmt::Display, why: impl Into<anyhow::Error>) -> Failed {
    let advice = "use another address, or end what listens there";
    Failed::unavailable(why.into().context(format!("cannot listen for {what} at {address}; {advice}")))
}

impl Listening {
    /// Binds for other services, too. Not before they can be served: a peer who is let in and then not answered is in
    /// doubt, one who finds nobody is not.
    pub(crate) async fn and_carriers(mut self, settings: &Settings, name: &str) -> Result<Self, Failed> {
        let Some(service) = settings.topology.services.get(name) else { return Ok(self) };
        for carrier in check::carriers(settings) {
            let scheme = carrier.scheme();
            let bind = service.listen.as_ref().filter(|address| address.scheme == scheme);
            let address = service.address.iter().find(|address| address.scheme == scheme).or(bind);
            if let Some(address) = address {
                let listener = carrier.listen(address, bind).await;
                let listener = listener.map_err(|why| taken(scheme, bind.unwrap_or(address), why))?;
                self.carriers.push((scheme, listener));
            } else {
                self.others.push(carrier);
            }
        }
        Ok(self)
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

    /// Every listener.
    pub(crate) fn places(&self) -> Vec<Place> {
        let bound: Arc<dyn Fn() -> bool + Send + Sync> = Arc::new(|| true);
        let http = self.http.iter().map(|(address, _)| Place {
            what: "http",
            at: address.to_string(),
            is_up: Arc::clone(&bound),
        });
        let carriers = self.carriers.iter().map(|(what, listener)| Place {
            what,
            at: listener.place(),
            is_up: listener.is_up(),
        });
        http.chain(carriers).collect()
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
        let carriers = self
            .carriers
            .into_iter()
            .map(|(_, listener)| listener.serve(doors.clone(), Arc::clone(&ids), stop.clone(), drain));
        let left = self.others.iter().map(|carrier| carrier.leftovers(&doors, stop.clone()));
        let ((), served, _) = tokio::join!(http, try_join_all(carriers), join_all(left));
        served.map(drop).map_err(|error| Failed::other(anyhow::anyhow!(error)))
    }
}
