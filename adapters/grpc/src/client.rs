//! The client: calls to one destination.
//!
//! What it must never get wrong is whether a failed call was executed. It knows three ways: the peer says so in the
//! details of its status, the request never left (see `departure`), or HTTP/2 says that the peer has not looked at
//! it. Everything else is in doubt:
//!
//! | what the client sees | means |
//! |---|---|
//! | details with a type of the port's package | refused |
//! | details `outgrow.v1.CallFailure` | as stated |
//! | nobody can be reached; the request's body never left, whatever the error | not executed |
//! | `REFUSED_STREAM`; a `GOAWAY` with `NO_ERROR` that does not count the call | not executed |
//! | no answer in time | in doubt, unless the request never left |
//! | any other reset or broken connection, a bare status, no status, details that cannot be read | in doubt |

mod departure;
mod exchange;
mod health;
mod link;
mod peer;
mod resolve;

use std::{fmt, sync::Arc, time::Duration};

use outgrow::{BoxFuture, CallError, Cause, CauseKind, Envelope, Reply, Transport};
use tokio::time::{timeout, timeout_at};

use crate::{GrpcAddress, Keepalive, frame};
use departure::Departure;
use link::{Http2, Link};
use peer::{Peer, Uris};
pub use resolve::Resolve;

/// How long a look takes at most, whether the peer is there.
const LOOK: Duration = Duration::from_secs(1);

/// Calls to one address. It connects when it is first used and again whenever it must, and each time asks anew for
/// the addresses of the name.
pub struct GrpcTransport {
    peer: Peer,
    link: Arc<Link>,
    uris: Uris,
}

impl GrpcTransport {
    /// A way to this address. Never waits, and never fails because nobody is there.
    pub fn connect(address: &GrpcAddress) -> Self {
        let (keepalive, resolver) = (Keepalive::default(), resolve::system());
        Self::to(Peer { address: address.clone(), keepalive, resolver })
    }

    /// With this instead of [`Keepalive::default`]. To be said before the first call.
    pub fn keepalive(self, keepalive: Keepalive) -> Self {
        Self::to(Peer { keepalive, ..self.peer })
    }

    /// With addresses from here instead of from the system. To be said before the first call.
    pub fn resolver(self, resolver: Arc<dyn Resolve>) -> Self {
        Self::to(Peer { resolver, ..self.peer })
    }

    fn to(peer: Peer) -> Self {
        Self { link: Link::new(Http2::of(&peer)), peer, uris: Uris::default() }
    }

    async fn call(&self, envelope: Envelope<'_>) -> Reply {
        let deadline = envelope.cx.deadline();
        if envelope.cx.remaining() == Some(Duration::ZERO) {
            return Err(CallError::not_executed(
                CauseKind::Expired,
                "the time budget was spent before sending",
            ));
        }
        let departure = Departure::default();
        let exchange = self.exchange(envelope, &departure);
        let reply = match deadline {
            None => exchange.await,
            Some(deadline) => timeout_at(deadline.into(), exchange).await.unwrap_or_else(|_elapsed| {
                Err(CallError::in_doubt(CauseKind::Expired, "the time budget was spent before the answer"))
            }),
        };
        match reply {
            Err(CallError::InDoubt(cause)) if departure.forbid() => {
                Err(CallError::NotExecuted(unsent(cause)))
            }
            reply => reply,
        }
    }

    async fn exchange(&self, envelope: Envelope<'_>, departure: &Departure) -> Reply {
        let Envelope { method, cx, body } = envelope;
        let size = body.len();
        let message = frame::wrap(body, frame::MAX_MESSAGE).ok_or_else(|| {
            let detail = format!("the request has {size} bytes, more than {}", frame::MAX_MESSAGE);
            CallError::not_executed(CauseKind::BadRequest, detail)
        })?;
        let uri = self.uris.of(method, &self.peer).map_err(|error| {
            CallError::not_executed(CauseKind::BadRequest, format!("{method} cannot be a path: {error}"))
        })?;
        let mut sender = self.link.connection().await.map_err(|why| {
            let detail = format!("{} cannot be reached: {why}", self.peer.address);
            CallError::not_executed(CauseKind::Unreachable, detail)
        })?;
        let request = Peer::request(uri, cx, departure.body(message));
        let response = sender.send_request(request).await.map_err(|error| exchange::broken(&error))?;
        exchange::read(response, method).await
    }
}

/// What is lost before it left is as good as never reached: it may be tried again.
fn unsent(cause: Cause) -> Cause {
    if cause.kind == CauseKind::Lost { Cause { kind: CauseKind::Unreachable, ..cause } } else { cause }
}

impl Transport for GrpcTransport {
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(self.call(envelope))
    }

    fn peer(&self) -> u64 {
        self.link.lost()
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { timeout(LOOK, health::serves(&self.peer, &self.link)).await.unwrap_or(false) })
    }
}

impl fmt::Debug for GrpcTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrpcTransport({})", self.peer.address)
    }
}
