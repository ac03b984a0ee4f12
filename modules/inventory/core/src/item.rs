//! The stock of one SKU.
//!
//! Invariant: `reserved <= on_hand`, so what is available is never negative.

use inventory_contract::{InventoryRefusal, Sku, StockLevel};

/// The stock of one SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    sku: Sku,
    on_hand: u32,
    reserved: u32,
    version: u32,
}

impl Item {
    /// Nothing yet.
    pub fn new(sku: Sku) -> Self {
        Self { sku, on_hand: 0, reserved: 0, version: 0 }
    }

    /// As it was kept. `version` counts how often it was changed.
    pub fn kept(sku: Sku, on_hand: u32, reserved: u32, version: u32) -> Self {
        Self { sku, on_hand, reserved, version }
    }

    /// Which SKU.
    pub fn sku(&self) -> &Sku {
        &self.sku
    }

    /// How often it had been changed when it was read: 0 if it is new.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What can still be reserved.
    pub fn available(&self) -> u32 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// What others may know of it.
    pub fn level(&self) -> StockLevel {
        StockLevel {
            sku: self.sku.clone(),
            on_hand: self.on_hand,
            reserved: self.reserved,
            available: self.available(),
        }
    }

    /// Goods arrive, or come back.
    ///
    /// # Errors
    /// When there would be more than can be counted.
    pub fn receive(&mut self, quantity: u32) -> Result<(), InventoryRefusal> {
        let sum = self.on_hand.checked_add(quantity);
        self.on_hand = sum.ok_or_else(|| InventoryRefusal::TooMuch { sku: self.sku.clone() })?;
        Ok(())
    }

    /// Goods are set aside.
    ///
    /// # Errors
    /// When fewer are available.
    pub fn reserve(&mut self, quantity: u32) -> Result<(), InventoryRefusal> {
        let available = self.available();
        if quantity > available {
            return Err(InventoryRefusal::OutOfStock { sku: self.sku.clone(), available });
        }
        self.reserved = self.reserved.saturating_add(quantity);
        Ok(())
    }

    /// Goods that were set aside are available again.
    pub fn release(&mut self, quantity: u32) {
        self.reserved = self.reserved.saturating_sub(quantity);
    }

    /// Goods that were set aside leave.
    pub fn ship(&mut self, quantity: u32) {
        self.reserved = self.reserved.saturating_sub(quantity);
        self.on_hand = self.on_hand.saturating_sub(quantity);
    }
}
