//! Whether this process can serve: its own homes and listeners. Peers are listed, but never a reason not to be ready:
//! a process starts and serves what it can, whoever else is away.

use std::{sync::Arc, time::Duration};

use adapter_http::{Component, Operations, Readiness};
use adapter_sql::Homes;
use futures_util::future::join_all;
use outgrow_runtime::{router::Target, topology::MAIN};
use tokio::time::timeout;

use crate::{Host, homes::Opened, listen::Place};

/// How long a look at a peer takes at most. All are looked at together, so this is all that peers cost a probe.
const LOOK: Duration = Duration::from_millis(250);

/// The operations of this process.
pub(crate) fn operations(
    host: &Host,
    homes: &Opened,
    listeners: Vec<Place>,
    metrics: impl Fn() -> String + Send + Sync + 'static,
) -> Operations {
    let places: Arc<[Arc<Homes>]> = homes.places().into();
    let peers: Arc<[(&str, Arc<Target>)]> = peers(host).into();
    let listeners: Arc<[_]> = listeners.into();
    let ready = move || {
        let (places, peers, listeners) = (Arc::clone(&places), Arc::clone(&peers), Arc::clone(&listeners));
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
            let looks = peers.iter().map(async |(module, target)| {
                let up = timeout(LOOK, target.transport.reachable()).await.unwrap_or(false);
                Component::peer(format!("{module} at {}", target.name), up)
            });
            components.extend(join_all(looks).await);
            Readiness(components)
        }
    };
    Operations::new(ready, metrics)
}

/// The targets of the modules that this process calls: all those of the edge, else what its own modules need.
fn peers(host: &Host) -> Vec<(&'static str, Arc<Target>)> {
    let needs: Vec<_> = host.modules.needs().collect();
    let called = |module: &str| host.service == MAIN || needs.contains(&module);
    let composed = host.modules.composed().iter().filter(|(module, _)| called(module));
    let targets = composed.flat_map(|(module, composed)| {
        composed.targets.iter().map(move |target| (*module, Arc::clone(target)))
    });
    targets.filter(|(_, target)| target.name != "loopback").collect()
}
