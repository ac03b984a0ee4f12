//! The modules of one process, as they are composed one after the other.
//!
//! For each module the composition root hands in how to build it, and gets back its port: routed to wherever the
//! topology places it. The closure runs only where the module is hosted. There is no lookup that could fail later:
//! what is not composed yet cannot be named.

use std::{collections::BTreeMap, sync::Arc};

use outgrow::{Dispatch, Loopback, ModuleSpec, Port, Served};

use crate::{
    Access, Carrier, Door, Figures, Placement, Policies, Router, Topology,
    placement::Unusable,
    policy::{Bulkhead, TurnedAway},
    router::{Route, Target},
};

/// The modules of one process.
pub struct Modules {
    service: String,
    topology: Topology,
    specs: &'static [&'static ModuleSpec],
    carriers: Vec<Arc<dyn Carrier>>,
    composed: BTreeMap<&'static str, Composed>,
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

/// One module, placed.
#[derive(Clone, Debug)]
pub struct Composed {
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
}

/// A composition that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// The module is not in the list the application was made of.
    #[error("module `{0}` is composed, but not in the application's list of modules: add its SPEC there")]
    Unlisted(&'static str),
    /// The module was composed before.
    #[error("module `{0}` is composed twice: remove one of them")]
    Twice(&'static str),
    /// The module is listed, but the composition root left it out.
    #[error("module `{0}` is in the application's list of modules, but not composed: add it to `compose`")]
    LeftOut(&'static str),
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
        Self { service, topology, specs, carriers, composed: BTreeMap::new(), doors: Vec::new() }
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
        let placement = Placement::decide(&self.topology, &self.service, spec.name);
        let policies = Policies::new(Access::to(spec.port, self.specs));
        let local = if self.hosts(spec) { Some(build()?) } else { None };
        let (calling, at_door) = (policies.bulkhead.clone(), policies.apart());
        let called = local.as_ref().map(|_| at_door.bulkhead.clone());
        let door = local.as_ref().map(|port| {
            let door: Arc<dyn Dispatch> = Arc::new(Door::new(Arc::new(Served(Arc::clone(port))), at_door));
            self.doors.push(Arc::clone(&door));
            door
        });
        let targets = self.targets(spec, &placement, door)?;
        let route = if targets.is_empty() { Route::Local } else { Route::Remote(targets.clone()) };
        let turned_away = Arc::clone(&policies.turned_away);
        let router = Router::new(local, route, policies);
        let local = router.local_figures();
        let composed = Composed { placement, local, targets, turned_away, calling, called };
        self.composed.insert(spec.name, composed);
        Ok(P::via(router))
    }

    fn check<P: Port + ?Sized>(&self, spec: &'static ModuleSpec) -> Result<(), Unmet> {
        if !self.specs.iter().any(|listed| listed.name == spec.name) {
            return Err(Unmet::Unlisted(spec.name));
        }
        if self.composed.contains_key(spec.name) {
            return Err(Unmet::Twice(spec.name));
        }
        let (built, specified) = (P::DESC.to_string(), spec.port.to_string());
        if built == specified {
            Ok(())
        } else {
            Err(Unmet::OtherPort { module: spec.name, built, specified })
        }
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

    /// Whether every listed module was composed.
    ///
    /// # Errors
    /// Names the first that was left out.
    pub fn complete(&self) -> Result<(), Unmet> {
        match self.specs.iter().find(|spec| !self.composed.contains_key(spec.name)) {
            Some(spec) => Err(Unmet::LeftOut(spec.name)),
            None => Ok(()),
        }
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

    /// Every module composed, by name.
    pub fn composed(&self) -> &BTreeMap<&'static str, Composed> {
        &self.composed
    }
}

fn address_scheme(address: &crate::Address) -> &str {
    &address.scheme
}
