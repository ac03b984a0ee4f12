//! What a composition root composes with.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adapter_http::Endpoints;
use adapter_sql::Home;
use axum::Router;
use outgrow::{
    IdGen, ModuleSpec, Port, SystemIds,
    settings::{Given, SettingsSpec},
};
use outgrow_runtime::{Bell, Modules, Tasks, Unmet, topology::MAIN};

use crate::{App, Settings, check, homes::Opened};

/// One process, being composed: modules in the order of their needs, then the endpoints it shows.
pub struct Host {
    pub(crate) service: String,
    pub(crate) modules: Modules,
    pub(crate) homes: BTreeMap<&'static str, Home>,
    pub(crate) endpoints: Vec<Endpoints>,
    pub(crate) plain: Router,
    pub(crate) tasks: Tasks,
    pub(crate) ids: Arc<dyn IdGen>,
    pub(crate) sample: bool,
    given: BTreeMap<String, Given>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("service", &self.service)
            .field("modules", &self.modules)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// The process of this service, with nothing composed yet.
    pub(crate) fn new(settings: &Settings, app: App, service: &str, homes: &Opened, tasks: &Tasks) -> Self {
        Self {
            service: service.to_owned(),
            modules: Modules::new(service, settings.topology.clone(), app.modules, check::carriers(settings))
                .with_homes(homes.iter().map(|home| (home.module(), home.events())).collect())
                .with_sagas(homes.iter().map(|home| (home.module(), home.sagas())).collect()),
            homes: homes.iter().map(|home| (home.module(), home.clone())).collect(),
            endpoints: Vec::new(),
            plain: Router::new(),
            tasks: tasks.clone(),
            ids: Arc::new(SystemIds),
            sample: settings.sample,
            given: settings.given.clone(),
        }
    }

    /// Adds a module and returns its port, routed to wherever the topology places it. `build` runs only where the
    /// module is hosted.
    ///
    /// # Errors
    /// When the module is not listed, composed twice, another port than its spec says, or not reachable.
    pub fn module<P: Port + ?Sized>(
        &mut self,
        spec: &'static ModuleSpec,
        build: impl FnOnce(Home) -> Arc<P>,
    ) -> Result<Arc<P>, Unmet> {
        let home = self.homes.get(spec.name).cloned();
        self.modules.add(spec, || home.map(build).ok_or(Unmet::NoHome(spec.name)))
    }

    /// Adds a module that still answers the version of its port from before, made by `older` of the newer one. Both are
    /// routed to wherever the topology places the module.
    ///
    /// # Errors
    /// As [`module`](Self::module).
    pub fn versions<P: Port + ?Sized, O: Port + ?Sized>(
        &mut self,
        spec: &'static ModuleSpec,
        build: impl FnOnce(Home) -> Arc<P>,
        older: impl FnOnce(Arc<P>) -> Arc<O>,
    ) -> Result<(Arc<P>, Arc<O>), Unmet> {
        let home = self.homes.get(spec.name).cloned();
        self.modules.add_versions(spec, || home.map(build).ok_or(Unmet::NoHome(spec.name)), older)
    }

    /// What a module's own settings say, nothing set included.
    ///
    /// # Panics
    /// If they are not among those of the [`App`]: all others are read before anything is composed, and refused if they
    /// are wrong.
    #[expect(clippy::panic, reason = "a defect of the composition, which has no other way to be seen")]
    pub fn settings<T>(&self, spec: &SettingsSpec<T>) -> T {
        let given = self.given.get(spec.module).cloned().unwrap_or_default();
        let read = (spec.read)(&given);
        read.unwrap_or_else(|wrong| {
            panic!("the settings of {} are not among those of the app: {wrong:?}", spec.module)
        })
    }

    /// The home of a module that is hosted here, for a command that looks after it.
    pub fn home(&self, spec: &ModuleSpec) -> Option<Home> {
        self.homes.get(spec.name).cloned()
    }

    /// Shows endpoints to the public. Only the service `main` does; the others show operations.
    pub fn endpoints(&mut self, endpoints: Endpoints) {
        self.endpoints.push(endpoints);
    }

    /// Shows routes of a module that does not use the kit, as they are: beside the endpoints, with errors of their own,
    /// and not in the API's description. Only the service `main` does.
    ///
    /// # Panics
    /// If a route is there already, or if there are two fallbacks: defects of the composition.
    pub fn plain(&mut self, routes: Router) {
        self.plain = std::mem::take(&mut self.plain).merge(routes);
    }

    /// Fills an empty system once it serves: `load` is tried again every few seconds until it says it is done. It is
    /// never a condition of being ready, runs on `main` only, and not at all with `data.sample = false`.
    pub fn sample<R>(&self, load: impl Fn() -> R + Send + Sync + 'static)
    where
        R: Future<Output = bool> + Send + 'static,
    {
        if self.service != MAIN || !self.sample {
            return;
        }
        let (load, done) = (Arc::new(load), Arc::new(AtomicBool::new(false)));
        self.tasks.chore("sample data", Duration::from_secs(3), &Bell::default(), move || {
            let (load, done) = (Arc::clone(&load), Arc::clone(&done));
            async move {
                if !done.load(Ordering::Relaxed) {
                    done.store(load().await, Ordering::Relaxed);
                }
            }
        });
    }

    /// Makes ids, such as the correlation of what begins here.
    pub fn ids(&self) -> Arc<dyn IdGen> {
        Arc::clone(&self.ids)
    }
}
