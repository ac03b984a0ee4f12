//! The one connection of a client: made when needed, shared by all calls, made again when it is gone.
//!
//! All who come while it is being made wait for the same attempt. After a failed one there is a short pause in
//! which callers fail at once, so that a dead peer costs nobody their time budget and is not hammered either.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::Shared};
use http::Uri;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::{
    client::legacy::connect::HttpConnector,
    rt::{TokioExecutor, TokioTimer},
};
use outgrow::BoxFuture;
use tokio::time::timeout;
use tower::Service as _;

use super::{
    departure::Outgoing,
    peer::{Peer, chain},
    resolve::Resolver,
};

/// How long a connection may take, from resolving the name on.
const CONNECT: Duration = Duration::from_secs(2);

/// The pause after the first failed attempt. It doubles with each further one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The largest header list, trailers included, that a peer may send.
const MAX_HEADERS: u32 = 16 * 1024;

pub(super) type Sender = SendRequest<Outgoing>;

/// A connection, or why there is none.
type Attempt = Result<Sender, Arc<str>>;
type Connecting = Shared<BoxFuture<'static, Attempt>>;

pub(super) struct Link {
    origin: Uri,
    tcp: HttpConnector<Resolver>,
    http: Builder<TokioExecutor>,
    state: Mutex<State>,
}

enum State {
    Idle,
    Connecting(Connecting),
    Connected(Sender),
    Pausing { failures: u32, until: Instant, why: Arc<str> },
}

impl State {
    /// How many attempts in a row have failed.
    fn failures(&self) -> u32 {
        if let Self::Pausing { failures, .. } = self { *failures } else { 0 }
    }
}

impl Link {
    pub(super) fn new(peer: &Peer) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(Arc::clone(&peer.resolver)));
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let mut http = Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .keep_alive_interval(peer.keepalive.every)
            .keep_alive_timeout(peer.keepalive.within)
            .keep_alive_while_idle(true)
            .max_header_list_size(MAX_HEADERS);
        Self { origin: peer.uri("/").unwrap_or_default(), tcp, http, state: Mutex::new(State::Idle) }
    }

    /// The connection.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn sender(self: &Arc<Self>) -> Attempt {
        let attempt = {
            let mut state = self.state();
            match &*state {
                State::Connected(sender) if !sender.is_closed() => return Ok(sender.clone()),
                State::Pausing { until, why, .. } if Instant::now() < *until => return Err(Arc::clone(why)),
                State::Connecting(attempt) => attempt.clone(),
                stale @ (State::Idle | State::Connected(_) | State::Pausing { .. }) => {
                    let attempt = self.begin(stale.failures());
                    *state = State::Connecting(attempt.clone());
                    attempt
                }
            }
        };
        attempt.await
    }

    /// Begins an attempt of its own task, so that it does not end with the caller who happened to be first.
    fn begin(self: &Arc<Self>, failures: u32) -> Connecting {
        let link = Arc::clone(self);
        let attempt = async move {
            let outcome = match timeout(CONNECT, link.connect()).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => Err(format!("no connection within {CONNECT:?}").into()),
            };
            *link.state() = match &outcome {
                Ok(sender) => State::Connected(sender.clone()),
                Err(why) => {
                    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
                    let (failures, until) = (failures.saturating_add(1), Instant::now() + pause);
                    State::Pausing { failures, until, why: Arc::clone(why) }
                }
            };
            outcome
        };
        let attempt = attempt.boxed().shared();
        drop(tokio::spawn(attempt.clone()));
        attempt
    }

    async fn connect(&self) -> Attempt {
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
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
