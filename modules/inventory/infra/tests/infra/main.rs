//! Inventory on SQLite: its store by the laws that every store keeps to, and its endpoints from outside.
#![cfg(test)]

mod endpoints;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
mod place;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;
mod together;

mod store_in_sqlite {
    use std::sync::Arc;

    use inventory_core::StockStore;
    use inventory_infra::SqlStockStore;

    use crate::place::Place;

    async fn empty() -> (Place, Arc<dyn StockStore>) {
        let place = Place::sqlite().await;
        let store = Arc::new(SqlStockStore::new(&place.home().await));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}
