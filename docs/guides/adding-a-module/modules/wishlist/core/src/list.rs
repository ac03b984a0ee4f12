//! A customer's list.
//!
//! Invariant: each SKU is on it once, and there are at most [`MOST`].

use std::collections::BTreeSet;

use wishlist_contract::{Customer, MOST, Sku, Wishes, WishlistRefusal};

/// A customer's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    customer: Customer,
    skus: BTreeSet<Sku>,
    version: u32,
}

impl List {
    /// One that nobody has wished for anything on.
    pub fn empty(customer: Customer) -> Self {
        Self { customer, skus: BTreeSet::new(), version: 0 }
    }

    /// As it was kept. `version` counts how often it was changed.
    pub fn kept(customer: Customer, skus: BTreeSet<Sku>, version: u32) -> Self {
        Self { customer, skus, version }
    }

    /// Whose it is.
    pub fn customer(&self) -> &Customer {
        &self.customer
    }

    /// What is on it.
    pub fn skus(&self) -> &BTreeSet<Sku> {
        &self.skus
    }

    /// How often it had been changed when it was read: 0 if it is new.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What others may know of it.
    pub fn wishes(&self) -> Wishes {
        Wishes { skus: self.skus.iter().cloned().collect() }
    }

    /// Puts a SKU on it. True if that changes anything.
    ///
    /// # Errors
    /// When it is full.
    pub fn wish(&mut self, sku: Sku) -> Result<bool, WishlistRefusal> {
        let full = u32::try_from(self.skus.len()).is_ok_and(|wishes| wishes >= MOST);
        if full && !self.skus.contains(&sku) {
            return Err(WishlistRefusal::ListFull { most: MOST });
        }
        Ok(self.skus.insert(sku))
    }
}
