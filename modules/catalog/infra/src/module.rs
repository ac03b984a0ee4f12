//! Catalog, described and built.

use std::sync::Arc;

use adapter_sql::Home;
use catalog_contract::Catalog;
use catalog_core::Assortment;
use outgrow::{ModuleSpec, Port as _};

use crate::SqlProductStore;

/// What Catalog offers. It needs nobody.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "catalog",
    purpose: "Knows what is for sale, and at which price.",
    port: <dyn Catalog>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: outgrow::migrations!["catalog": "0001_products"],
};

/// Catalog in this process.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(home: Home) -> Arc<dyn Catalog> {
    Arc::new(Assortment::new(Arc::new(SqlProductStore::new(&home))))
}
