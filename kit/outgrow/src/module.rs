//! What a module tells the kit about itself.
//!
//! From the specs of all modules come the order of start, the map of contexts, who may call whom, and the schema of
//! each home. A test holds every spec against the real graph of crates.

use crate::{PortDesc, Saga, event::StreamDesc};

/// A module, described: what it offers, what it needs, what its home looks like.
#[derive(Clone, Copy, Debug)]
pub struct ModuleSpec {
    /// Its name, such as `inventory`: of its crates, its schema, its row in the topology.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
    /// The port it offers.
    pub port: &'static PortDesc,
    /// Versions of that port from before, which it still answers.
    pub older: &'static [&'static PortDesc],
    /// The ports of others that it calls. All other calls are denied.
    pub needs: &'static [&'static PortDesc],
    /// The streams of events that it publishes.
    pub publishes: &'static [&'static StreamDesc],
    /// The streams of others, or of its own, that it listens to: whole, each event once.
    pub subscribes: &'static [&'static StreamDesc],
    /// The sagas that it carries through.
    pub sagas: &'static [&'static Saga],
    /// How its home came to look as it does, oldest first.
    pub migrations: &'static [Migration],
}

impl ModuleSpec {
    /// Every port that it answers, the current one first.
    pub fn ports(&self) -> impl Iterator<Item = &'static PortDesc> {
        std::iter::once(self.port).chain(self.older.iter().copied())
    }
}

/// One step in the life of a home's schema. Never edited once applied.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Such as `0001_products`: four digits that rise by one, then what it does.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// The migrations of a module, read at compile time from `migrations/<module>/{sqlite,postgres}/<name>.sql` at the
/// top of the workspace (three levels above the crate that calls this).
#[macro_export]
macro_rules! migrations {
    ($module:literal: $($name:literal),* $(,)?) => {
        &[$($crate::Migration {
            name: $name,
            sqlite: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../../migrations/", $module, "/sqlite/", $name, ".sql"
            )),
            postgres: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/../../../migrations/", $module, "/postgres/", $name, ".sql"
            )),
        }),*]
    };
}
