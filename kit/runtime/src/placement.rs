//! How this process reaches each module: the second of the three rooms where placement is decided.
//!
//! A module that this service hosts is `local`; every other is reached by the address of the service that hosts it.
//! Placement follows from configuration alone: no code, no Cargo feature, no environment of the build.

use std::{error::Error, fmt, future::ready, sync::Arc, time::Duration};

use outgrow::{BoxFuture, Dispatch, IdGen, PortDesc, Transport};
use tokio_util::sync::CancellationToken;

use crate::{Address, Topology, events::Courier};

/// How this process reaches a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In this process: a direct call.
    Local,
    /// In this process, but through the wire.
    Loopback,
    /// In another process, by these addresses, first preferred.
    Remote(Vec<Address>),
}

impl Placement {
    /// The placement of `module` as seen from `service`.
    pub fn decide(topology: &Topology, service: &str, module: &str) -> Self {
        let host = topology.host_of(module);
        if host == service {
            return if topology.loopback.contains(module) { Self::Loopback } else { Self::Local };
        }
        Self::Remote(topology.services.get(host).map(|host| host.address.clone()).unwrap_or_default())
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Loopback => f.write_str("loopback"),
            Self::Remote(addresses) => {
                let schemes: Vec<_> = addresses.iter().map(|address| &*address.scheme).collect();
                f.write_str(&schemes.join(", "))
            }
        }
    }
}

/// Carries calls to other processes. One per technology; it knows no module.
pub trait Carrier: Send + Sync {
    /// The scheme of the addresses it understands, such as `grpc`.
    fn scheme(&self) -> &'static str;

    /// A way to this address. Never waits and never fails because nobody is there: peers come and go.
    fn connect(&self, address: &Address) -> Result<Arc<dyn Transport>, Unusable>;

    /// Brings events of the module `publisher` to the module of the port `subscriber` at this address, where that is
    /// more than a call; without it they are pushed by a call.
    fn courier(
        &self,
        _address: &Address,
        _publisher: &'static str,
        _subscriber: &'static PortDesc,
    ) -> Option<Arc<dyn Courier>> {
        None
    }

    /// Takes in what is left here for modules that this carrier does not reach any more, at these doors, until `stop`.
    /// Nothing has to be there, and nothing is made.
    fn leftovers(&self, _doors: &[Arc<dyn Dispatch>], _stop: CancellationToken) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }

    /// Listens where calls to `address` arrive, or at `bind` if that is somewhere else.
    ///
    /// # Errors
    /// When nobody may listen there, naming where.
    fn listen<'a>(
        &'a self,
        address: &'a Address,
        bind: Option<&'a Address>,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, Unusable>>;
}

/// Where calls arrive at this process. Nobody is served before [`serve`](Self::serve).
pub trait Listener: Send {
    /// Where, for people.
    fn place(&self) -> String;

    /// Says, whenever it is asked, whether calls can arrive now.
    fn is_up(&self) -> Arc<dyn Fn() -> bool + Send + Sync>;

    /// Brings calls to these doors until `stop`, then takes no new ones, and lets those in flight end, at most as long
    /// as `drain`. `ids` makes correlation ids for callers who send none.
    ///
    /// # Errors
    /// When it cannot go on. Peers who had to be cut off after the drain are no error.
    fn serve(
        self: Box<Self>,
        doors: Vec<Arc<dyn Dispatch>>,
        ids: Arc<dyn IdGen>,
        stop: CancellationToken,
        drain: Duration,
    ) -> BoxFuture<'static, Result<(), Box<dyn Error + Send + Sync>>>;
}

/// An address that a carrier cannot use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);
