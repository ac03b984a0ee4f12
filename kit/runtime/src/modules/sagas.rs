//! Who carries the sagas of the modules hosted here on.

use std::sync::Arc;

use outgrow::ModuleSpec;

use super::{Modules, Unmet};
use crate::{
    Tasks,
    sagas::{Runner, Running, SagaStore},
};

/// Where a module keeps its sagas, and what it does in their steps.
#[derive(Clone)]
pub struct SagaHome {
    /// Where they are.
    pub store: Arc<dyn SagaStore>,
    /// What is done in their steps.
    pub running: Running,
}

impl std::fmt::Debug for SagaHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SagaHome").field("running", &self.running).finish_non_exhaustive()
    }
}

/// Declares the chores that carry the sagas of the modules hosted here on.
///
/// # Errors
/// When a module does not see through what its spec says, or sees something else through.
pub(super) fn see_through(modules: &Modules, tasks: &Tasks) -> Result<(), Unmet> {
    for spec in modules.specs.iter().filter(|spec| modules.hosts(spec)) {
        if let Some(home) = modules.sagas.get(spec.name) {
            of(spec, home, tasks)?;
        }
    }
    Ok(())
}

fn of(spec: &'static ModuleSpec, home: &SagaHome, tasks: &Tasks) -> Result<(), Unmet> {
    let (module, running) = (spec.name, home.running.all());
    if let Some(saga) =
        spec.sagas.iter().find(|saga| !running.iter().any(|(known, _)| known.name == saga.name))
    {
        return Err(Unmet::NotSeenThrough { module, saga: saga.name });
    }
    for (saga, steps) in running {
        if !spec.sagas.iter().any(|declared| declared.name == saga.name) {
            return Err(Unmet::NotDeclared { module, saga: saga.name });
        }
        Runner::new(saga, steps, Arc::clone(&home.store), tasks).carry_on();
    }
    Ok(())
}
