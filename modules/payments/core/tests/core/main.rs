//! Payments without any technology: its rules, what is lost on the way to the provider and back, and the laws of its
//! store on one that is kept in memory.
//!
//! The laws and the samples are shared with the tests of `infra`, which run them on SQL.
#![cfg(test)]
#![expect(clippy::clone_on_ref_ptr, reason = "what is shared is plain to see in a test")]

mod at_once;
mod ending;
mod folding;
mod laws;
mod losing;
mod memory;
mod paying;
mod provider;
mod sample;
mod till;

mod store_in_memory {
    use std::{
        future::{Ready, ready},
        sync::Arc,
    };

    use payments_core::PaymentStore;

    fn empty() -> Ready<((), Arc<dyn PaymentStore>)> {
        ready(((), Arc::new(crate::memory::MemoryPaymentStore::default())))
    }

    crate::laws::on_each_law!(empty);
}
