//! Inventory without any technology: its rules, and the laws of its store on one that is kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.
#![cfg(test)]

mod ending;
mod laws;
mod memory;
mod repeats;
mod reserving;
mod sample;
mod stock;

mod store_in_memory {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use inventory_core::StockStore;

    fn empty() -> Ready<((), Arc<dyn StockStore>)> {
        ready(((), Arc::new(crate::memory::MemoryStockStore::default())))
    }

    crate::laws::on_each_law!(empty);
}
