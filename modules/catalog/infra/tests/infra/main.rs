//! Catalog on SQLite: its store by the laws that every store keeps to, and its endpoints from outside.
#![cfg(test)]

mod bad_requests;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
mod place;
mod requests;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;

mod store_in_sqlite {
    use std::sync::Arc;

    use catalog_core::ProductStore;
    use catalog_infra::SqlProductStore;

    use crate::place::Place;

    async fn empty() -> (Place, Arc<dyn ProductStore>) {
        let place = Place::sqlite().await;
        let store = Arc::new(SqlProductStore::new(&place.home().await));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}
