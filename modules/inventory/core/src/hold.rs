//! A reservation, as its module keeps it.

use std::collections::BTreeMap;

use inventory_contract::{InventoryRefusal, Reservation, ReservationId, ReservationState, Sku, StockLine};

/// A reservation and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Which one.
    pub id: ReservationId,
    /// What has become of it.
    pub state: ReservationState,
    /// What it holds or held, each SKU once. Empty if it was released before it was made.
    pub lines: BTreeMap<Sku, u32>,
    /// How often it had been changed when it was read: 0 if it is new.
    pub version: u32,
}

impl Hold {
    /// A new one.
    ///
    /// # Errors
    /// When it has no lines, or more than 100.
    pub fn new(id: ReservationId, lines: &[StockLine]) -> Result<Self, InventoryRefusal> {
        if !(1..=100).contains(&lines.len()) {
            let lines = u32::try_from(lines.len()).unwrap_or(u32::MAX);
            return Err(InventoryRefusal::WrongNumberOfLines { lines });
        }
        let mut sums: BTreeMap<Sku, u32> = BTreeMap::new();
        for line in lines {
            let sum = sums.entry(line.sku.clone()).or_default();
            *sum = sum.saturating_add(line.quantity.get());
        }
        Ok(Self { id, state: ReservationState::Held, lines: sums, version: 0 })
    }

    /// One that was released before it was made, so that it cannot be made any more.
    pub fn released_early(id: ReservationId) -> Self {
        Self { id, state: ReservationState::Released, lines: BTreeMap::new(), version: 0 }
    }

    /// What others may know of it.
    pub fn reservation(&self) -> Reservation {
        Reservation { id: self.id, state: self.state }
    }

    /// Ends it one way or the other. True if that changes anything. What was shipped can come back.
    ///
    /// # Errors
    /// When it was released before it is to be shipped.
    pub fn end(&mut self, as_state: ReservationState) -> Result<bool, InventoryRefusal> {
        match self.state {
            state if state == as_state => Ok(false),
            ReservationState::Held | ReservationState::Shipped => {
                self.state = as_state;
                Ok(true)
            }
            ReservationState::Released => Err(InventoryRefusal::Released { reservation: self.id }),
        }
    }
}
