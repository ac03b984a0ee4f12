//! Ordering without any technology: its rules, what a crash leaves behind, and the laws of its store on one that is
//! kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.
#![cfg(test)]
#![expect(clippy::clone_on_ref_ptr, reason = "what is shared is plain to see in a test")]

mod cancelling;
mod fulfilling;
mod history;
mod laws;
mod memory;
mod placing;
mod purse;
mod sample;
mod shelf;
mod shop;
mod telling;
mod waiting;

mod store_in_memory {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use ordering_core::OrderStore;

    fn empty() -> Ready<((), Arc<dyn OrderStore>)> {
        ready(((), Arc::new(crate::memory::MemoryOrderStore::default())))
    }

    crate::laws::on_each_law!(empty);
}

mod history_in_memory {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use ordering_core::HistoryStore;

    fn empty() -> Ready<((), Arc<dyn HistoryStore>)> {
        ready(((), Arc::new(crate::memory::MemoryHistoryStore::default())))
    }

    crate::laws::on_each_law_of_history!(empty);
}
