//! Notifications on SQLite and PostgreSQL: its store by the laws that every store keeps to, and its endpoint from
//! outside. That it hears is tried with the whole shop (`app/tests/shop/events.rs`).
#![cfg(test)]

mod delivered;
mod endpoint;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;

mod store_in_sqlite {
    use std::sync::Arc;

    use notifications_core::MessageStore;
    use notifications_infra::SPEC;
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn MessageStore>) {
        let place = TestHome::sqlite(&SPEC).await;
        let store = Arc::new(crate::delivered::Delivered::to(&place));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}

mod store_in_postgres {
    use std::sync::Arc;

    use notifications_core::MessageStore;
    use notifications_infra::SPEC;
    use outgrow_testkit::TestHome;

    async fn empty() -> (TestHome, Arc<dyn MessageStore>) {
        let place = TestHome::postgres(&SPEC).await;
        let store = Arc::new(crate::delivered::Delivered::to(&place));
        (place, store)
    }

    crate::laws::on_each_law!(
        #[ignore = "needs PostgreSQL: cargo xtask test"]
        empty
    );
}
