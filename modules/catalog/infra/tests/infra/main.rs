//! Catalog on SQLite and PostgreSQL: its store by the laws that every store keeps to, and its endpoints from outside.
#![cfg(test)]

mod bad_requests;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
mod requests;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;

mod store_in_sqlite {
    use std::sync::Arc;

    use catalog_core::ProductStore;
    use catalog_infra::{SPEC, SqlProductStore};
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn ProductStore>) {
        let place = TestHome::sqlite(&SPEC).await;
        let store = Arc::new(SqlProductStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}

mod store_in_postgres {
    use std::sync::Arc;

    use catalog_core::ProductStore;
    use catalog_infra::{SPEC, SqlProductStore};
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn ProductStore>) {
        let place = TestHome::postgres(&SPEC).await;
        let store = Arc::new(SqlProductStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(
        #[ignore = "needs PostgreSQL: cargo xtask test"]
        empty
    );
}
