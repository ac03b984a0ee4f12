//! Inventory without any technology: its rules, and the laws of its store on one that is kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.

mod ending;
mod laws;
mod memory;
mod repeats;
mod reserving;
mod sample;
mod stock;

mod store_in_memory {
    use std::sync::Arc;

    use inventory_core::StockStore;

    async fn empty() -> ((), Arc<dyn StockStore>) {
        ((), Arc::new(crate::memory::MemoryStockStore::default()))
    }

    crate::laws::on_each_law!(empty);
}
