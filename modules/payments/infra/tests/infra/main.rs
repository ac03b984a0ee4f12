//! Payments on SQLite and PostgreSQL: its store by the laws that every store keeps to, its ledger as the database sees
//! it, its rebuild, its sandbox, its port and its endpoint from outside.
#![cfg(test)]

mod endpoint;
mod formats;
#[path = "../../../core/tests/core/laws.rs"]
mod laws;
mod ledger;
mod port;
mod rebuilding;
#[path = "../../../core/tests/core/sample.rs"]
mod sample;
mod sandbox;

mod store_in_sqlite {
    use std::sync::Arc;

    use outgrow_testkit::TestHome;
    use payments_core::PaymentStore;
    use payments_infra::{SPEC, SqlPaymentStore};

    async fn empty() -> (TestHome, Arc<dyn PaymentStore>) {
        let place = TestHome::sqlite(&SPEC).await;
        let store = Arc::new(SqlPaymentStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(empty);
}

mod store_in_postgres {
    use std::sync::Arc;

    use outgrow_testkit::TestHome;
    use payments_core::PaymentStore;
    use payments_infra::{SPEC, SqlPaymentStore};

    async fn empty() -> (TestHome, Arc<dyn PaymentStore>) {
        let place = TestHome::postgres(&SPEC).await;
        let store = Arc::new(SqlPaymentStore::new(&place.home()));
        (place, store)
    }

    crate::laws::on_each_law!(
        #[ignore = "needs PostgreSQL: cargo xtask test"]
        empty
    );
}

/// A test on each engine, of an `async fn(TestHome)` beside it.
macro_rules! on_both_engines {
    ($($test:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(outgrow_testkit::TestHome::sqlite(&payments_infra::SPEC).await).await;
            })*
        }

        mod on_postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs PostgreSQL: cargo xtask test"]
            async fn $test() {
                super::$test(outgrow_testkit::TestHome::postgres(&payments_infra::SPEC).await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
