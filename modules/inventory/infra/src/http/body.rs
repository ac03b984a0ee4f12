//! What goes over HTTP: the public shape of stock, apart from the contract's.

use adapter_http::{Invalid, Problem};
use inventory_contract::{Quantity, StockLevel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Goods that were received.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Receipt)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiptBody {
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000, example = 100)]
    quantity: i64,
}

impl ReceiptBody {
    /// The quantity, or what is wrong with it.
    pub(super) fn quantity(&self) -> Result<Quantity, Problem> {
        let quantity = u32::try_from(self.quantity).ok().and_then(|number| Quantity::try_from(number).ok());
        quantity.ok_or_else(|| Invalid::at("/quantity", Quantity::RULE).into())
    }
}

/// The stock of one SKU.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StockLevel)]
pub(super) struct StockLevelBody {
    /// Of which SKU.
    sku: String,
    /// What lies on the shelf, reserved or not.
    on_hand: u32,
    /// What is held for orders.
    reserved: u32,
    /// What can still be reserved.
    available: u32,
}

impl From<StockLevel> for StockLevelBody {
    fn from(StockLevel { sku, on_hand, reserved, available }: StockLevel) -> Self {
        Self { sku: sku.to_string(), on_hand, reserved, available }
    }
}
