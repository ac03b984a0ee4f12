//! The events of a home: its outbox, its inbox, and who works on which shard.
//!
//! All of it are tables of the home, from the kit's own migrations, so what is said of a change is committed with it
//! ([`Tx::publish`](crate::Tx::publish)), and that an event was handled with what came of it
//! ([`Tx::mark`](crate::Tx::mark)).
//!
//! Lists of values go to the engine as one JSON text, which each takes apart in its own words. Time is the engine's:
//! processes with wrong clocks share one opinion of when a lease ends.

mod archive;
mod care;
mod forget;
mod inbox;
mod leases;
mod outbox;

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use outgrow::{ModuleSpec, event::StreamDesc};
use outgrow_runtime::{Bell, events::Lease};
use serde_json::{Value, json};

pub use archive::{Archived, Excerpt};
pub use care::{Parked, Upkeep, Waiting};
pub(crate) use forget::forget_hourly;
pub(crate) use inbox::{begin_marking_on_postgres, begin_marking_on_sqlite, mark};
pub(crate) use outbox::publish;

/// Now, by the engine's clock, in microseconds where it has no type for it.
macro_rules! now {
    (postgres) => {
        "clock_timestamp()"
    };
    (sqlite) => {
        "cast(unixepoch('subsec') * 1000000 as integer)"
    };
}
pub(crate) use now;

/// When a statement began, by the engine's clock: what was due by then is found in an index, which `now` would go through.
macro_rules! by_now {
    (postgres) => {
        "statement_timestamp()"
    };
    (sqlite) => {
        $crate::events::now!(sqlite)
    };
}
pub(crate) use by_now;

/// What a home knows of the events of its module.
#[derive(Default)]
pub(crate) struct Events {
    audience: OnceLock<Vec<(String, Vec<&'static str>)>>,
    /// Whether it was told of any module.
    told: AtomicBool,
    relays: Mutex<Vec<Bell>>,
    inbox: Bell,
}

impl Events {
    /// Who listens to what `spec` publishes, by the specs of all modules.
    pub(crate) fn tell(&self, spec: &ModuleSpec, modules: &[&'static ModuleSpec]) {
        let listens = |stream: &str, module: &ModuleSpec| {
            module.subscribes.iter().any(|subscribed| subscribed.to_string() == stream)
        };
        let audience = spec.publishes.iter().map(|stream| {
            let stream = stream.to_string();
            let listening =
                modules.iter().filter(|module| listens(&stream, module)).map(|module| module.name);
            let listening = listening.collect();
            (stream, listening)
        });
        self.told.store(!modules.is_empty(), Relaxed);
        let _first = self.audience.set(audience.collect());
    }

    /// Who listens to a stream; none if this module does not publish it.
    pub(crate) fn audience(&self, stream: &StreamDesc) -> Option<&[&'static str]> {
        let stream = stream.to_string();
        let known = self.audience.get()?.iter().find(|(published, _)| *published == stream);
        known.map(|(_, listening)| &**listening)
    }

    /// Whether a module listens to a stream of this one, as far as this build knows. One that was not told of any module
    /// knows nothing, so there everybody does.
    fn listens(&self, module: &str, stream: &str) -> bool {
        let Some(audience) = self.audience.get().filter(|_| self.told.load(Relaxed)) else { return true };
        audience.iter().any(|(published, listening)| published == stream && listening.contains(&module))
    }

    /// A bell that rings when there is something in the outbox. Each relay has its own.
    fn relay_bell(&self) -> Bell {
        let bell = Bell::default();
        self.relays.lock().unwrap_or_else(PoisonError::into_inner).push(bell.clone());
        bell
    }

    /// The bell that rings when there is something in the inbox.
    fn inbox_bell(&self) -> Bell {
        self.inbox.clone()
    }

    /// There is something in the outbox.
    pub(crate) fn published(&self) {
        for bell in &*self.relays.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.ring();
        }
    }
}

/// Shards with their terms.
fn list(shards: &[Lease]) -> Value {
    shards.iter().map(|lease| json!([lease.shard, lease.term])).collect()
}

#[cfg(test)]
pub(crate) mod tests;
