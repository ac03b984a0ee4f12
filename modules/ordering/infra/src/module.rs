//! Ordering, described and built.

use std::{sync::Arc, time::Duration};

use adapter_sql::{Bell, Home};
use catalog_contract::Catalog;
use inventory_contract::Inventory;
use ordering_contract::{OrderEvent, Ordering};
use ordering_core::{Fulfilment, OrderStore, Sales};
use outgrow::{Event, ModuleSpec, Port as _};

use crate::{
    acl::{catalog::CatalogPrices, inventory::InventoryStock},
    store::SqlOrderStore,
};

/// How long an open order waits at most until it is looked at again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What Ordering offers and needs.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "ordering",
    purpose: "Takes orders and sees to it that each comes to an end.",
    port: <dyn Ordering>::DESC,
    older: &[],
    needs: &[<dyn Catalog>::DESC, <dyn Inventory>::DESC],
    publishes: &[<OrderEvent as Event>::STREAM],
    subscribes: &[],
    migrations: outgrow::migrations!["ordering": "0001_orders"],
};

/// Ordering in this process. It carries open orders on by itself: at once after a commit, and what a crash left open
/// at the next start.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(home: Home, catalog: Arc<dyn Catalog>, inventory: Arc<dyn Inventory>) -> Arc<dyn Ordering> {
    let orders: Arc<dyn OrderStore> = Arc::new(SqlOrderStore::new(&home));
    let stock = Arc::new(InventoryStock::new(inventory));
    let fulfilment = Fulfilment::new(Arc::clone(&orders), stock, home.clock(), home.ids());
    let bell = Bell::default();
    let (due, handled) = (fulfilment.clone(), fulfilment);
    home.tasks().worklist(
        "fulfilment",
        PATIENCE,
        &bell,
        move || {
            let fulfilment = due.clone();
            async move { fulfilment.due().await }
        },
        move |order| {
            let fulfilment = handled.clone();
            async move { fulfilment.carry_on(order).await }
        },
    );
    let prices = Arc::new(CatalogPrices::new(catalog));
    Arc::new(Sales::new(orders, prices, home.clock(), home.ids(), move || bell.ring()))
}
