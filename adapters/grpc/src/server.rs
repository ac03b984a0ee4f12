//! The server: every port of a process on one listener.
//!
//! It reads the context of a call, hands the bytes to the port's [`Dispatch`] and sends what comes back. It expects
//! that [`Dispatch`] to be guarded (by the runtime's door): authorisation, deadlines and that commands
//! are finished are not held here. A panic below, or a caller who leaves, costs its own stream and nothing else.

mod call;
mod companions;
mod connections;
mod reply;

use std::{io, sync::Arc, time::Duration};

use outgrow::{Dispatch, IdGen};
use tokio::net::TcpListener;

use crate::{GrpcAddress, Keepalive, frame};
use call::Mounted;
use companions::Companions;

/// What a gRPC server serves, and how.
pub struct GrpcServer {
    ports: Vec<Arc<dyn Dispatch>>,
    ids: Arc<dyn IdGen>,
    limits: Limits,
    keepalive: Keepalive,
}

/// What peers may ask of a server at once. What is over a limit is refused and certainly not executed. The bodies of
/// requests take about `calls` × `message` bytes of memory at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message either way, in bytes.
    pub message: usize,
    /// The most calls in flight, over all connections. Beyond it they are refused at once.
    pub calls: usize,
    /// The most connections. Beyond it peers wait to be accepted.
    pub connections: usize,
    /// The most streams on one connection. Beyond it a peer waits.
    pub streams: u32,
    /// The largest header list, in bytes.
    pub headers: u32,
    /// How long a peer may take to say that it speaks HTTP/2.
    pub greeting: Duration,
    /// How long a request may take to arrive, if its own time budget is not shorter.
    pub arrival: Duration,
}

impl Default for Limits {
    /// 4 MiB, 1,024 calls, as many connections and streams, 16 KiB, 5 s, 10 s.
    fn default() -> Self {
        Self {
            message: frame::MAX_MESSAGE,
            calls: 1024,
            connections: 1024,
            streams: 1024,
            headers: 16 * 1024,
            greeting: Duration::from_secs(5),
            arrival: Duration::from_secs(10),
        }
    }
}

impl GrpcServer {
    /// A server of these ports. `ids` makes correlation ids for foreign callers who send none.
    pub fn new(ports: Vec<Arc<dyn Dispatch>>, ids: Arc<dyn IdGen>) -> Self {
        Self { ports, ids, limits: Limits::default(), keepalive: Keepalive::default() }
    }

    /// With these limits instead of [`Limits::default`].
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// With this instead of [`Keepalive::default`].
    pub fn keepalive(self, keepalive: Keepalive) -> Self {
        Self { keepalive, ..self }
    }

    /// Listens at an address; a name is resolved, port 0 is any free one.
    ///
    /// # Errors
    /// When nobody may listen there.
    pub async fn bind(address: &GrpcAddress) -> Result<TcpListener, BindError> {
        let bound = TcpListener::bind((address.host(), address.port())).await;
        bound.map_err(|source| BindError { address: address.clone(), source })
    }

    /// Serves until `shutdown`, then takes no new calls, finishes those in flight, and after `drain` cuts whatever
    /// has not let go.
    ///
    /// # Errors
    /// When the ports cannot be described, or when connections had to be cut.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
        drain: Duration,
    ) -> Result<(), ServeError> {
        let companions = Companions::of(&self.ports).await.map_err(ServeError::Schema)?;
        let mounted = Arc::new(Mounted::new(&self.ports, self.ids, self.limits, companions.clone()));
        let mut connections = connections::Connections::new(self.limits, self.keepalive, mounted);
        connections.accept(&listener, shutdown).await;
        drop(listener);
        companions.retire().await;
        match connections.drain(drain).await {
            0 => Ok(()),
            cut => Err(ServeError::Undrained { cut, after: drain }),
        }
    }
}

impl std::fmt::Debug for GrpcServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ports: Vec<_> = self.ports.iter().map(|port| port.port().to_string()).collect();
        f.debug_struct("GrpcServer")
            .field("ports", &ports)
            .field("limits", &self.limits)
            .field("keepalive", &self.keepalive)
            .finish_non_exhaustive()
    }
}

/// Nobody can listen at an address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {address}")]
pub struct BindError {
    address: GrpcAddress,
    source: io::Error,
}

/// Why serving did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The ports' schema is a defect of the kit.
    #[error("the ports cannot be described to reflection")]
    Schema(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// These peers did not let go in time.
    #[error("{cut} connections were still busy after {after:?} and were cut")]
    Undrained {
        /// How many.
        cut: usize,
        /// How long they were waited for.
        after: Duration,
    },
}
