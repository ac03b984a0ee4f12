//! Inventory, described and built.

use std::sync::Arc;

use adapter_sql::Home;
use inventory_contract::Inventory;
use inventory_core::Stockroom;
use outgrow::{ModuleSpec, Port as _};

use crate::SqlStockStore;

/// What Inventory offers. It needs nobody.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "inventory",
    purpose: "Knows what is on the shelf, and holds it for orders.",
    port: <dyn Inventory>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: outgrow::migrations!["inventory": "0001_stock"],
};

/// Inventory in this process.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(home: Home) -> Arc<dyn Inventory> {
    Arc::new(Stockroom::new(Arc::new(SqlStockStore::new(&home))))
}
