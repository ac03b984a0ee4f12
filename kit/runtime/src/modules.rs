//! The modules of one process, as they are composed one after the other.
//!
//! For each module the composition root hands in how to build it, and gets back its port: routed to wherever the
//! topology places it. The closure runs only where the module is hosted. There is no lookup that could fail later:
//! what is not composed yet cannot be named.

mod events;
mod sagas;

use std::{collections::BTreeMap, sync::Arc};

use outgrow::{Dispatch, Loopback, ModuleSpec, Port, PortDesc, Served};
use uuid::Uuid;

pub use events::{EventHome, Handlers};
pub use sagas::SagaHome;

use crate::{
    Access, Carrier, Door, Figures, Placement, Policies, Router, Target, Tasks, Topology,
    placement::Unusable,
    policy::{Bulkhead, TurnedAway},
    router::Route,
};

/// The modules of one process.
pub struct Modules {
    service: String,
    topology: Topology,
    specs: &'static [&'static ModuleSpec],
    carriers: Vec<Arc<dyn Carrier>>,
    homes: BTreeMap<&'static str, EventHome>,
    sagas: BTreeMap<&'static str, SagaHome>,
    composed: Vec<Composed>,
    doors: Vec<Arc<dyn Dispatch>>,
}

impl std::fmt::Debug for Modules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Modules")
            .field("service", &self.service)
            .field("composed", &self.composed)
            .finish_non_exhaustive()
    }
}

/// One port of a module, placed.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Which port.
    pub port: &'static PortDesc,
    /// Where it is.
    pub placement: Placement,
    /// What is measured of the port in this process.
    pub local: Arc<Figures>,
    /// What is measured of each target.
    pub targets: Vec<Arc<Target>>,
    /// What is measured of the calls that were not let in.
    pub turned_away: Arc<TurnedAway>,
    /// The calls in flight from this process.
    pub calling: Bulkhead,
    /// The calls in flight that carriers brought to this process, if the module is hosted here.
    pub called: Option<Bulkhead>,
    /// What is measured of the calls that carriers brought to this process, if the module is hosted here.
    pub carried: Option<Arc<Figures>>,
}

/// A composition that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// The module is not in the list the application was made of.
    #[error("module `{0}` is composed, but not in the application's list of modules: add its SPEC there")]
    Unlisted(&'static str),
    /// The port was composed before.
    #[error("port `{0}` is composed twice: remove one of them")]
    Twice(String),
    /// The module is listed, but the composition root left out a port of it.
    #[error("port `{0}` is of a module in the application's list, but not composed: add it to `compose`")]
    LeftOut(String),
    /// What was built is another port than the spec says.
    #[error("module `{module}` is built as `{built}`, but its SPEC says `{specified}`")]
    OtherPort {
        /// Which module.
        module: &'static str,
        /// What was built.
        built: String,
        /// What the spec says.
        specified: String,
    },
    /// The module says that it listens, but does not.
    #[error(
        "module `{module}` subscribes to `{stream}` in its SPEC, but handles none of it: add a handler in `build`"
    )]
    Unheard {
        /// Which module.
        module: &'static str,
        /// Which stream.
        stream: String,
    },
    /// The module listens, but does not say so.
    #[error("module `{module}` handles `{stream}`, but its SPEC does not subscribe to it")]
    Overheard {
        /// Which module.
        module: &'static str,
        /// Which stream.
        stream: String,
    },
    /// The module declares a saga, but does not see it through.
    #[error(
        "module `{module}` has the saga `{saga}` in its SPEC, but no steps for it: add `home.see_through` in `build`"
    )]
    NotSeenThrough {
        /// Which module.
        module: &'static str,
        /// Which saga.
        saga: &'static str,
    },
    /// The module sees a saga through, but does not declare it.
    #[error("module `{module}` sees the saga `{saga}` through, but its SPEC does not have it")]
    NotDeclared {
        /// Which module.
        module: &'static str,
        /// Which saga.
        saga: &'static str,
    },
    /// The module is hosted here, but its home was not opened.
    #[error("module `{0}` is hosted here, but its home is not open")]
    NoHome(&'static str),
    /// No carrier can reach the module.
    #[error("module `{module}` cannot be reached")]
    Unreachable {
        /// Which module.
        module: &'static str,
        /// Why.
        source: Unusable,
    },
}

impl Modules {
    /// No module yet.
    pub fn new(
        service: impl Into<String>,
        topology: Topology,
        specs: &'static [&'static ModuleSpec],
        carriers: Vec<Arc<dyn Carrier>>,
    ) -> Self {
        let service = service.into();
        let (homes, sagas) = (BTreeMap::new(), BTreeMap::new());
        Self { service, topology, specs, carriers, homes, sagas, composed: Vec::new(), doors: Vec::new() }
    }

    /// The same, where these modules keep their events in these homes.
    #[must_use]
    pub fn with_homes(self, homes: BTreeMap<&'static str, EventHome>) -> Self {
        Self { homes, ..self }
    }

    /// The same, where these modules keep their sagas there.
    #[must_use]
    pub fn with_sagas(self, sagas: BTreeMap<&'static str, SagaHome>) -> Self {
        Self { sagas, ..self }
    }

    /// Whether this process hosts the module.
    pub fn hosts(&self, spec: &ModuleSpec) -> bool {
        self.topology.host_of(spec.name) == self.service
    }

    /// Adds a module: built here where it is hosted, routed to where it is everywhere.
    ///
    /// # Errors
    /// When the module is unlisted, composed before, of another port than its spec says, or not reachable by any
    /// carrier of this binary.
    pub fn add<P: Port + ?Sized>(
        &mut self,
        spec: &'static ModuleSpec,
        build: impl FnOnce() -> Result<Arc<P>, Unmet>,
    ) -> Result<Arc<P>, Unmet> {
        self.check::<P>(spec)?;
        let local = if self.hosts(spec) { Some(build()?) } else { None };
        self.place(spec, local)
    }

    /// Adds a module that still answers the version of its port from before: `older` makes that of the newer one, by
    /// saying in the words of the one what is asked in those of the other. It is no hop: whoever calls is the caller
    /// of both, and a key means the same command in either version.
    ///
    /// # Errors
    /// See [`add`](Self::add).
    pub fn add_versions<P: Port + ?Sized, O: Port + ?Sized>(
        &mut self,
        spec: &'static ModuleSpec,
        build: impl FnOnce() -> Result<Arc<P>, Unmet>,
        older: impl FnOnce(Arc<P>) -> Arc<O>,
    ) -> Result<(Arc<P>, Arc<O>), Unmet> {
        self.check::<P>(spec)?;
        self.check::<O>(spec)?;
        let local = if self.hosts(spec) { Some(build()?) } else { None };
        let before = local.clone().map(older);
        Ok((self.place(spec, local)?, self.place(spec, before)?))
    }

    /// Routes a port to wherever its module is; `local` is the port itself, where that is here.
    fn place<P: Port + ?Sized>(
        &mut self,
        spec: &'static ModuleSpec,
        local: Option<Arc<P>>,
    ) -> Result<Arc<P>, Unmet> {
        let placement = Placement::decide(&self.topology, &self.service, spec.name);
        let policies = Policies::new(Access::to(P::DESC, self.specs));
        let (calling, at_door) = (policies.bulkhead.clone(), policies.apart());
        let called = local.as_ref().map(|_| at_door.bulkhead.clone());
        let door = local.as_ref().map(|port| {
            let door = Door::new(Arc::new(Served(Arc::clone(port))), at_door);
            Arc::new(match self.homes.get(spec.name) {
                Some(home) if !spec.subscribes.is_empty() => {
                    door.hearing(spec.subscribes, Arc::clone(&home.inbox))
                }
                _ => door,
            })
        });
        let carried = door.as_ref().map(|door| door.figures());
        let door = door.map(|door| -> Arc<dyn Dispatch> { door });
        self.doors.extend(door.clone());
        let targets = self.targets(spec, &placement, door)?;
        let route = if targets.is_empty() { Route::Local } else { Route::Remote(targets.clone()) };
        let turned_away = Arc::clone(&policies.turned_away);
        let router = Router::new(local, route, policies);
        let local = router.local_figures();
        let port = P::DESC;
        self.composed.push(Composed {
            port,
            placement,
            local,
            targets,
            turned_away,
            calling,
            called,
            carried,
        });
        Ok(P::via(router))
    }

    fn check<P: Port + ?Sized>(&self, spec: &'static ModuleSpec) -> Result<(), Unmet> {
        if !self.specs.iter().any(|listed| listed.name == spec.name) {
            return Err(Unmet::Unlisted(spec.name));
        }
        if self.is_composed(P::DESC) {
            return Err(Unmet::Twice(P::DESC.to_string()));
        }
        let built = P::DESC.to_string();
        let specified: Vec<_> = spec.ports().map(ToString::to_string).collect();
        if specified.contains(&built) {
            Ok(())
        } else {
            Err(Unmet::OtherPort { module: spec.name, built, specified: specified.join(", ") })
        }
    }

    fn is_composed(&self, port: &PortDesc) -> bool {
        self.composed.iter().any(|composed| composed.port.to_string() == port.to_string())
    }

    fn targets(
        &self,
        spec: &'static ModuleSpec,
        placement: &Placement,
        door: Option<Arc<dyn Dispatch>>,
    ) -> Result<Vec<Arc<Target>>, Unmet> {
        let Placement::Remote(addresses) = placement else {
            let loopback = door.filter(|_| *placement == Placement::Loopback);
            return Ok(loopback
                .map(|door| Target::new("loopback", Arc::new(Loopback(door))))
                .into_iter()
                .collect());
        };
        let connect = |address| {
            let unreachable = |source| Unmet::Unreachable { module: spec.name, source };
            let carrier = self.carriers.iter().find(|carrier| carrier.scheme() == address_scheme(address));
            let none = || unreachable(Unusable(format!("nothing here carries `{address}`")));
            let transport = carrier.ok_or_else(none)?.connect(address).map_err(unreachable)?;
            Ok(Target::new(address.to_string(), transport))
        };
        addresses.iter().map(connect).collect()
    }

    /// Whether every port of every listed module was composed.
    ///
    /// # Errors
    /// Names the first that was left out.
    pub fn complete(&self) -> Result<(), Unmet> {
        match self.specs.iter().flat_map(|spec| spec.ports()).find(|port| !self.is_composed(port)) {
            Some(port) => Err(Unmet::LeftOut(port.to_string())),
            None => Ok(()),
        }
    }

    /// Declares the chores that bring events from here to their subscribers, and those that handle what was brought
    /// here. `holder` names this process and its start.
    ///
    /// # Errors
    /// When a module does not listen to what its spec says, or listens to something else.
    pub fn carry_events(&self, tasks: &Tasks, holder: Uuid) -> Result<(), Unmet> {
        events::carry(self, tasks, holder)
    }

    /// Declares the chores that carry the sagas of the modules hosted here on.
    ///
    /// # Errors
    /// When a module does not see through what its spec says, or sees something else through.
    pub fn see_through(&self, tasks: &Tasks) -> Result<(), Unmet> {
        sagas::see_through(self, tasks)
    }

    /// The doors of the modules hosted here: what carriers serve.
    pub fn doors(&self) -> &[Arc<dyn Dispatch>] {
        &self.doors
    }

    /// The modules that those hosted here need.
    pub fn needs(&self) -> impl Iterator<Item = &'static str> {
        let hosted = self.specs.iter().filter(|spec| self.hosts(spec));
        hosted.flat_map(|spec| spec.needs.iter().map(|need| need.module()))
    }

    /// Every port composed, in that order.
    pub fn composed(&self) -> &[Composed] {
        &self.composed
    }
}

fn address_scheme(address: &crate::Address) -> &str {
    &address.scheme
}
