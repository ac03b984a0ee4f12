//! Ordering on SQLite and PostgreSQL: its stores by the laws that every store keeps to, and the rebuild of its history. Its endpoints are tried with the whole shop
//! (`app/tests/shop/`), since no order can be placed without neighbours; but for how they wait.
#![cfg(test)]

mod delivered;
mod events;
mod history;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
mod outcomes;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;
mod waiting;

mod store_in_sqlite {
    use std::sync::Arc;

    use ordering_core::OrderStore;
    use ordering_infra::{SPEC, SqlOrderStore};
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn OrderStore>) {
        let place = TestHome::sqlite(&SPEC).await;
        let store = Arc::new(SqlOrderStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}

mod store_in_postgres {
    use std::sync::Arc;

    use ordering_core::OrderStore;
    use ordering_infra::{SPEC, SqlOrderStore};
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn OrderStore>) {
        let place = TestHome::postgres(&SPEC).await;
        let store = Arc::new(SqlOrderStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(
        #[ignore = "needs PostgreSQL: cargo xtask test"]
        empty
    );
}

mod history_in_sqlite {
    use std::sync::Arc;

    use ordering_core::HistoryStore;
    use ordering_infra::SPEC;
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn HistoryStore>) {
        let place = TestHome::sqlite(&SPEC).await;
        let store = Arc::new(crate::delivered::Delivered::to(&place));
        (place, store)
    }

    crate::laws::on_each_law_of_history!(empty);
}

mod history_in_postgres {
    use std::sync::Arc;

    use ordering_core::HistoryStore;
    use ordering_infra::SPEC;
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn HistoryStore>) {
        let place = TestHome::postgres(&SPEC).await;
        let store = Arc::new(crate::delivered::Delivered::to(&place));
        (place, store)
    }

    crate::laws::on_each_law_of_history!(
        #[ignore = "needs PostgreSQL: cargo xtask test"]
        empty
    );
}
