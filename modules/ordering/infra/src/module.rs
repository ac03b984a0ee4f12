//! Ordering, described and built.

use std::sync::Arc;

use adapter_sql::{Home, Poison};
use catalog_contract::Catalog;
use inventory_contract::Inventory;
use ordering_contract::{OrderEvent, Ordering};
use ordering_core::{Chronicle, FULFILMENT, Fulfilment, OrderStore, Sales};
use outgrow::{Event, ModuleSpec, Port as _};
use payments_contract::Payments;

use crate::{
    acl::{catalog::CatalogPrices, inventory::InventoryStock, payments::PaymentsTill},
    history::SqlHistoryStore,
    store::SqlOrderStore,
};

/// What Ordering offers and needs.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "ordering",
    purpose: "Takes orders and sees to it that each comes to an end.",
    port: <dyn Ordering>::DESC,
    older: &[],
    needs: &[<dyn Catalog>::DESC, <dyn Inventory>::DESC, <dyn Payments>::DESC],
    publishes: &[<OrderEvent as Event>::STREAM],
    // To keep its history: it hears itself as others do.
    subscribes: &[<OrderEvent as Event>::STREAM],
    sagas: &[&FULFILMENT],
    migrations: outgrow::migrations!["ordering": "0001_orders", "0002_contract_fulfilment", "0003_order_history"],
};

/// Ordering in this process. What a crash left unfinished it carries on by itself.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(
    home: Home,
    catalog: Arc<dyn Catalog>,
    inventory: Arc<dyn Inventory>,
    payments: Arc<dyn Payments>,
) -> Arc<dyn Ordering> {
    let orders: Arc<dyn OrderStore> = Arc::new(SqlOrderStore::new(&home));
    let (stock, till) = (Arc::new(InventoryStock::new(inventory)), Arc::new(PaymentsTill::new(payments)));
    let fulfilment = Fulfilment::new(Arc::clone(&orders), stock, till, home.clock(), home.ids());
    home.see_through(&FULFILMENT, Arc::new(fulfilment));
    let chronicle = Chronicle::new(Arc::new(SqlHistoryStore::new(&home)));
    let ear = chronicle.clone();
    // Of an order, what happened later is not kept before what happened earlier.
    home.listen::<OrderEvent, _>(Poison::Blocks, move |told| {
        let chronicle = ear.clone();
        async move { chronicle.hear(told).await }
    });
    let prices = Arc::new(CatalogPrices::new(catalog));
    Arc::new(Sales::new(orders, chronicle, prices, home.clock(), home.ids()))
}
