//! Wishlist, described and built.

use std::sync::Arc;

use adapter_sql::Home;
use outgrow::{ModuleSpec, Port as _};
use wishlist_contract::Wishlist;
use wishlist_core::Keeper;

use crate::SqlListStore;

/// What Wishlist offers. It needs nobody.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "wishlist",
    purpose: "Keeps what a customer would like to have.",
    port: <dyn Wishlist>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: outgrow::migrations!["wishlist": "0001_lists"],
};

/// Wishlist in this process.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(home: Home) -> Arc<dyn Wishlist> {
    Arc::new(Keeper::new(Arc::new(SqlListStore::new(&home))))
}
