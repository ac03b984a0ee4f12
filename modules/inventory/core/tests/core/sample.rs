//! Values to test with.

use inventory_contract::{Quantity, ReservationId, Sku, StockLevel, StockLine};
use outgrow::{CommandId, Fingerprint, Remembered};
use outgrow_testkit::SequentialIds;

pub(crate) fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub(crate) fn reservation(number: u64) -> ReservationId {
    ReservationId(SequentialIds::nth(number))
}

pub(crate) fn line(of: &str, quantity: u32) -> StockLine {
    StockLine { sku: sku(of), quantity: Quantity::try_from(quantity).unwrap() }
}

pub(crate) fn level(of: &str, on_hand: u32, reserved: u32) -> StockLevel {
    StockLevel { sku: sku(of), on_hand, reserved, available: on_hand - reserved }
}

pub(crate) fn answer(key: &str) -> Remembered {
    let command = CommandId {
        principal: String::new(),
        caller: "tests".to_owned(),
        method: "inventory.v1.Inventory/Reserve".to_owned(),
        key: key.to_owned(),
    };
    Remembered {
        command,
        fingerprint: Fingerprint::of(key.as_bytes()),
        refused: false,
        body: b"\x01".to_vec().into(),
    }
}
