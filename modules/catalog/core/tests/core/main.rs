//! Catalog without any technology: its rules, and the laws of its store on one that is kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.

mod laws;
mod memory;
mod pages;
mod prices;
mod repeats;
mod sample;

mod store_in_memory {
    use std::sync::Arc;

    use catalog_core::ProductStore;

    async fn empty() -> ((), Arc<dyn ProductStore>) {
        ((), Arc::new(crate::memory::MemoryProductStore::default()))
    }

    crate::laws::on_each_law!(empty);
}
