//! Who brings the events of the modules hosted here to whom, and who handles those that are brought here.
//!
//! It follows from the same specs and the same topology as the calls do.

use std::sync::{Arc, Mutex, PoisonError};

use outgrow::ModuleSpec;
use uuid::Uuid;

use super::{Modules, Unmet, address_scheme};
use crate::{
    Placement, Tasks,
    events::{Courier, Handler, Inbox, Local, Outbox, Push, Relay, Shards, Worker},
    tasks::Pace,
};

/// Where a module keeps its events, and how it handles those of others.
#[derive(Clone)]
pub struct EventHome {
    /// What it publishes.
    pub outbox: Arc<dyn Outbox>,
    /// What it is told.
    pub inbox: Arc<dyn Inbox>,
    /// What it does when it is told.
    pub handlers: Handlers,
}

impl std::fmt::Debug for EventHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventHome").field("handlers", &self.handlers).finish_non_exhaustive()
    }
}

/// The handlers of a module, added while it is built.
#[derive(Clone, Default)]
pub struct Handlers(Arc<Mutex<Vec<Arc<dyn Handler>>>>);

impl Handlers {
    /// Adds one.
    pub fn add(&self, handler: Arc<dyn Handler>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(handler);
    }

    fn all(&self) -> Vec<Arc<dyn Handler>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all().iter().map(|handler| handler.stream().to_string())).finish()
    }
}

/// Declares the chores that bring events from here to their subscribers, and those that handle what was brought
/// here. `holder` names this process and its start.
///
/// # Errors
/// When a module does not listen to what its spec says, or listens to something else.
pub(super) fn carry(modules: &Modules, tasks: &Tasks, holder: Uuid) -> Result<(), Unmet> {
    for spec in modules.specs.iter().filter(|spec| modules.hosts(spec)) {
        let Some(home) = modules.homes.get(spec.name) else { continue };
        handle(spec, home, tasks, holder)?;
        relay(modules, spec, home, tasks, holder);
    }
    Ok(())
}

fn handle(spec: &'static ModuleSpec, home: &EventHome, tasks: &Tasks, holder: Uuid) -> Result<(), Unmet> {
    let (module, handlers) = (spec.name, home.handlers.all());
    let handled: Vec<_> = handlers.iter().map(|handler| handler.stream().to_string()).collect();
    let declared: Vec<_> = spec.subscribes.iter().map(ToString::to_string).collect();
    if let Some(stream) = declared.iter().find(|stream| !handled.contains(stream)) {
        return Err(Unmet::Unheard { module, stream: stream.clone() });
    }
    if let Some(stream) = handled.iter().find(|stream| !declared.contains(stream)) {
        return Err(Unmet::Overheard { module, stream: stream.clone() });
    }
    if handlers.is_empty() {
        return Ok(());
    }
    let shards = Shards::new(Arc::<dyn Inbox>::clone(&home.inbox), "worker", holder);
    let worker = Arc::new(Worker::new(Arc::clone(&home.inbox), shards, handlers));
    let (pace, draining) = (Arc::new(Pace::default()), tasks.clone());
    tasks.paced(&format!("events to {module}"), &home.inbox.bell(), move || {
        let (worker, pace, draining) = (Arc::clone(&worker), Arc::clone(&pace), draining.clone());
        async move { worker.turn(&pace, &|| draining.draining()).await }
    });
    Ok(())
}

fn relay(modules: &Modules, spec: &'static ModuleSpec, home: &EventHome, tasks: &Tasks, holder: Uuid) {
    let listens = |module: &&&'static ModuleSpec| {
        let streams = module.subscribes.iter();
        streams
            .map(ToString::to_string)
            .any(|stream| spec.publishes.iter().any(|published| published.to_string() == stream))
    };
    let shards = Arc::new(Shards::new(Arc::<dyn Outbox>::clone(&home.outbox), "relay", holder));
    for subscriber in modules.specs.iter().filter(listens) {
        let courier = courier(modules, spec, subscriber);
        let (outbox, shards) = (Arc::clone(&home.outbox), Arc::clone(&shards));
        let relay = Arc::new(Relay::new(outbox, shards, subscriber.name, courier));
        let (pace, draining) = (Arc::new(Pace::default()), tasks.clone());
        let name = format!("events of {} to {}", spec.name, subscriber.name);
        tasks.paced(&name, &home.outbox.bell(), move || {
            let (relay, pace, draining) = (Arc::clone(&relay), Arc::clone(&pace), draining.clone());
            async move { relay.turn(&pace, &|| draining.draining()).await }
        });
    }
}

/// Who brings events of one module to another: by the placement of the latter.
fn courier(
    modules: &Modules,
    publisher: &'static ModuleSpec,
    subscriber: &'static ModuleSpec,
) -> Arc<dyn Courier> {
    let placement = Placement::decide(&modules.topology, &modules.service, subscriber.name);
    if placement == Placement::Local
        && let Some(home) = modules.homes.get(subscriber.name)
    {
        return Arc::new(Local(Arc::clone(&home.inbox)));
    }
    if let Placement::Remote(addresses) = &placement
        && let Some(address) = addresses.first()
        && let Some(carrier) = modules.carriers.iter().find(|each| each.scheme() == address_scheme(address))
        && let Some(courier) = carrier.courier(address, publisher.name, subscriber.port)
    {
        return courier;
    }
    let to = subscriber.port.to_string();
    let composed = modules.composed.iter().find(|composed| composed.port.to_string() == to);
    let targets = composed.map(|composed| composed.targets.clone()).unwrap_or_default();
    Arc::new(Push::new(publisher.name, subscriber.port, targets))
}
