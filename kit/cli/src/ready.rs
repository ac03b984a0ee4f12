//! Whether this process can serve: its own homes and listeners. Peers are listed, but never a reason not to be ready:
//! a process starts and serves what it can, whoever else is away.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_http::{Component, Operations, Readiness};
use adapter_sql::Homes;
use futures_util::future::join_all;
use outgrow::{CallContext, CauseKind, PortDesc, call::OPERATOR, schema::Skew};
use outgrow_runtime::{Known, Target, topology::MAIN};
use tokio::time::timeout;

use crate::{Host, homes::Opened, listen::Place};

/// How long a look at a peer takes at most. All are looked at together, so this is all that peers cost a probe.
const LOOK: Duration = Duration::from_millis(250);

/// The operations of this process.
pub(crate) fn operations<M>(
    host: &Host,
    homes: &Opened,
    listeners: Vec<Place>,
    metrics: impl Fn() -> M + Send + Sync + 'static,
) -> Operations
where
    M: Future<Output = String> + Send + 'static,
{
    let places: Arc<[Arc<Homes>]> = homes.places().into();
    let peers: Arc<[Peer]> = peers(host).into();
    let ids = Arc::clone(&host.ids);
    let listeners: Arc<[_]> = listeners.into();
    let ready = move || {
        let (places, peers, listeners) = (Arc::clone(&places), Arc::clone(&peers), Arc::clone(&listeners));
        let cx = CallContext::new(OPERATOR, ids.uuid());
        async move {
            let mut components = Vec::new();
            for place in &*places {
                let unready = place.ready().await;
                let down = |module: &str| unready.iter().find(|unready| unready.module == module);
                components.extend(place.modules().await.into_iter().map(|module| match down(module) {
                    None => Component::own(format!("home of {module}"), true),
                    Some(why) => Component::own(format!("home of {module}"), false).detail(why.to_string()),
                }));
            }
            components.extend(listeners.iter().map(|Place { what, at, is_up }| {
                Component::own(format!("{what} listener"), is_up()).detail(at.clone())
            }));
            components.extend(join_all(peers.iter().map(|peer| peer.look(&cx))).await);
            Readiness(components)
        }
    };
    Operations::new(ready, metrics)
}

/// A port that this process calls, at one of its addresses.
struct Peer {
    port: &'static PortDesc,
    target: Arc<Target>,
}

impl Peer {
    /// Whether it is there and serves, and how its contract differs from ours if it does.
    async fn look(&self, cx: &CallContext) -> Component {
        let Self { port, target } = self;
        let begun = Instant::now();
        let up = timeout(LOOK, target.transport.reachable()).await.unwrap_or(false);
        let left = LOOK.saturating_sub(begun.elapsed());
        let known = if up { Some(target.contract(port, cx, left).await) } else { None };
        // Behind a broker that is there, nobody may be.
        let nobody = matches!(&known, Some(Err(cause)) if cause.kind == CauseKind::Unreachable);
        let peer = Component::peer(format!("{} at {}", port.package, target.name), up && !nobody);
        match known {
            None | Some(Err(_) | Ok(Known::NotMet | Known::Said(Skew::Same))) => peer,
            Some(Ok(known)) => peer.detail(known.to_string()),
        }
    }
}

/// The ports that this process calls: all those of the edge, else what its own modules need.
fn peers(host: &Host) -> Vec<Peer> {
    let needs: Vec<_> = host.modules.needs().collect();
    let called = |module: &str| host.service == MAIN || needs.contains(&module);
    let composed = host.modules.composed().iter().filter(|composed| called(composed.port.module()));
    let peers = composed.flat_map(|composed| {
        composed.targets.iter().map(|target| Peer { port: composed.port, target: Arc::clone(target) })
    });
    peers.filter(|peer| peer.target.name != "loopback").collect()
}
