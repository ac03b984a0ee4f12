//! Catalog without any technology: its rules, and the laws of its store on one that is kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.
#![cfg(test)]

mod calls;
mod laws;
mod memory;
mod pages;
mod prices;
mod repeats;
mod sample;

mod store_in_memory {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use catalog_core::ProductStore;

    fn empty() -> Ready<((), Arc<dyn ProductStore>)> {
        ready(((), Arc::new(crate::memory::MemoryProductStore::default())))
    }

    crate::laws::on_each_law!(empty);
}
