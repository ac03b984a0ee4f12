//! Inventory on SQLite and PostgreSQL: its store by the laws that every store keeps to, and its endpoints from outside.
#![cfg(test)]

mod endpoints;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;
mod together;

mod store_in_sqlite {
    use std::sync::Arc;

    use inventory_core::StockStore;
    use inventory_infra::{SPEC, SqlStockStore};
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn StockStore>) {
        let place = TestHome::sqlite(&SPEC).await;
        let store = Arc::new(SqlStockStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}

mod store_in_postgres {
    use std::sync::Arc;

    use inventory_core::StockStore;
    use inventory_infra::{SPEC, SqlStockStore};
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn StockStore>) {
        let place = TestHome::postgres(&SPEC).await;
        let store = Arc::new(SqlStockStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(
        #[ignore = "needs PostgreSQL: cargo xtask test"]
        empty
    );
}
