//! Ordering on SQLite: its store by the laws that every store keeps to. Its endpoints are tried with the whole shop
//! (`app/tests/shop/`), since no order can be placed without neighbours.
#![cfg(test)]

#[path = "../../../core/tests/core/laws.rs"]
mod laws;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;

mod store_in_sqlite {
    use std::sync::Arc;

    use adapter_sql::Homes;
    use ordering_core::OrderStore;
    use ordering_infra::SqlOrderStore;
    use outgrow_runtime::Tasks;
    use outgrow_testkit::{FixedClock, SequentialIds, TestDir};

    async fn empty() -> ((TestDir, Homes), Arc<dyn OrderStore>) {
        let dir = TestDir::new();
        let url = format!("sqlite:{}", dir.join("data").display()).parse().unwrap();
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        let homes = Homes::open(&url, Tasks::default(), clock, ids).await.unwrap();
        let store = Arc::new(SqlOrderStore::new(&homes.home(&ordering_infra::SPEC).await.unwrap()));
        ((dir, homes), store)
    }

    crate::laws::on_each_law!(empty);
}
