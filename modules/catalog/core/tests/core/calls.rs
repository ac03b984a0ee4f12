//! Calls in short.

use catalog_contract::Reprice;
use outgrow::CallContext;
use outgrow_testkit::SequentialIds;

use crate::sample::{eur, sku};

pub(crate) fn reprice(of: &str, amount: i64) -> Reprice {
    Reprice { sku: sku(of), price: eur(amount) }
}

/// A call without a key.
pub(crate) fn cx() -> CallContext {
    CallContext::new("tests", SequentialIds::nth(1))
}

/// A call under this key.
pub(crate) fn keyed(key: &str) -> CallContext {
    cx().with_key(key.parse().unwrap())
}
