//! Notifications without any technology: its words, what a crash leaves behind, and the laws of its store on one that
//! is kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.
#![cfg(test)]
#![expect(clippy::clone_on_ref_ptr, reason = "what is shared is plain to see in a test")]

mod hearing;
mod laws;
mod memory;
mod sample;
mod sending;
mod wording;

mod store_in_memory {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use notifications_core::MessageStore;

    fn empty() -> Ready<((), Arc<dyn MessageStore>)> {
        ready(((), Arc::new(crate::memory::MemoryMessageStore::default())))
    }

    crate::laws::on_each_law!(empty);
}
