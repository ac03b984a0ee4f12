//! One connection to a peer: made when needed, shared by all calls, made again when it is gone.
//!
//! All who come while it is being made wait for the same attempt. After a failed one there is a short pause in
//! which callers fail at once, so that a dead peer costs nobody their time budget and is not hammered either.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::Shared};
use outgrow::BoxFuture;
use tokio::time::timeout;

/// How long an attempt may take, from resolving a name on.
const CONNECT: Duration = Duration::from_secs(2);

/// The pause after the first failed attempt. It doubles with each further one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How a carrier connects.
pub trait Connect: Send + Sync + 'static {
    /// A connection. Its clones are the same one.
    type Connection: Clone + Send + Sync + 'static;

    /// Makes one.
    fn connect(&self) -> BoxFuture<'_, Result<Self::Connection, Arc<str>>>;

    /// Whether it is gone.
    fn is_closed(connection: &Self::Connection) -> bool;
}

/// A connection, or why there is none.
type Attempt<C> = Result<<C as Connect>::Connection, Arc<str>>;
type Connecting<C> = Shared<BoxFuture<'static, Attempt<C>>>;

/// The one connection to a peer.
pub struct Link<C: Connect> {
    peer: C,
    state: Mutex<State<C>>,
    /// How many connections were found to be gone.
    lost: AtomicU64,
}

enum State<C: Connect> {
    Idle,
    Connecting(Connecting<C>),
    Connected(C::Connection),
    Pausing { failures: u32, until: Instant, why: Arc<str> },
}

impl<C: Connect> std::fmt::Debug for Link<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

impl<C: Connect> State<C> {
    /// How many attempts in a row have failed.
    fn failures(&self) -> u32 {
        if let Self::Pausing { failures, .. } = self { *failures } else { 0 }
    }
}

impl<C: Connect> Link<C> {
    /// A link that connects when it is first used.
    pub fn new(peer: C) -> Arc<Self> {
        Arc::new(Self { peer, state: Mutex::new(State::Idle), lost: AtomicU64::new(0) })
    }

    /// How many connections were lost so far: whoever is reached next may be somebody else.
    pub fn lost(&self) -> u64 {
        let state = self.state();
        let unnoticed = matches!(&*state, State::Connected(connection) if C::is_closed(connection));
        self.lost.load(Ordering::Relaxed) + u64::from(unnoticed)
    }

    /// The connection.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connection(self: &Arc<Self>) -> Result<C::Connection, Arc<str>> {
        let attempt = {
            let mut state = self.state();
            match &*state {
                State::Connected(connection) if !C::is_closed(connection) => return Ok(connection.clone()),
                State::Pausing { until, why, .. } if Instant::now() < *until => return Err(Arc::clone(why)),
                State::Connecting(attempt) => attempt.clone(),
                stale @ (State::Idle | State::Connected(_) | State::Pausing { .. }) => {
                    if matches!(stale, State::Connected(_)) {
                        self.lost.fetch_add(1, Ordering::Relaxed);
                    }
                    let attempt = self.begin(stale.failures());
                    *state = State::Connecting(attempt.clone());
                    attempt
                }
            }
        };
        attempt.await
    }

    /// Begins an attempt of its own task, so that it does not end with the caller who happened to be first.
    fn begin(self: &Arc<Self>, failures: u32) -> Connecting<C> {
        let link = Arc::clone(self);
        let attempt = async move {
            let outcome = match timeout(CONNECT, link.peer.connect()).await {
                Ok(outcome) => outcome,
                Err(_elapsed) => Err(format!("no connection within {CONNECT:?}").into()),
            };
            *link.state() = match &outcome {
                Ok(connection) => State::Connected(connection.clone()),
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

    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
