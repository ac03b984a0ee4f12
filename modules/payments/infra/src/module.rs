//! Payments, described and built.

use std::sync::Arc;

use adapter_sql::Home;
use outgrow::{Event as _, ModuleSpec, Port as _};
use payments_contract::{PaymentEvent, Payments};
use payments_core::Cashier;

use crate::{sandbox::Sandbox, store::SqlPaymentStore};

/// What Payments offers. It needs nobody.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "payments",
    purpose: "Takes money for orders, once, and gives it back.",
    port: <dyn Payments>::DESC,
    older: &[],
    needs: &[],
    publishes: &[PaymentEvent::STREAM],
    subscribes: &[],
    sagas: &[],
    migrations: outgrow::migrations!["payments": "0001_payments", "0002_sandbox"],
};

/// Payments in this process.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(home: Home) -> Arc<dyn Payments> {
    let (store, provider) = (SqlPaymentStore::new(&home), Sandbox::new(&home));
    Arc::new(Cashier::new(Arc::new(store), Arc::new(provider), home.clock(), home.ids()))
}
