//! The whole shop, in the order of its needs.
//!
//! A module handed the wrong neighbour, or needed but forgotten, does not compile; one that nobody needs and is
//! forgotten is named at start. Where each of them runs is not decided here: that is configuration.

#![expect(clippy::clone_on_ref_ptr, reason = "the composition is to be read aloud")]

use std::sync::Arc;

use catalog_contract::Catalog;
use inventory_contract::Inventory;
use notifications_contract::Notifications;
use ordering_contract::Ordering;
use outgrow::{ModuleSpec, settings::TakesSettings};
use outgrow_cli::Host;
use outgrow_runtime::Unmet;
use payments_contract::Payments;

use crate::sample;

/// Every module of the shop.
pub static MODULES: &[&ModuleSpec] = &[
    &catalog_infra::SPEC,
    &inventory_infra::SPEC,
    &payments_infra::SPEC,
    &ordering_infra::SPEC,
    &notifications_infra::SPEC,
];

/// The settings that modules of the shop take of their own.
pub static SETTINGS: &[&dyn TakesSettings] = &[&notifications_infra::SETTINGS];

/// The shop, as who composed it can call it: each port leads to wherever its module is.
pub(crate) struct Ports {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) inventory: Arc<dyn Inventory>,
    pub(crate) payments: Arc<dyn Payments>,
    pub(crate) ordering: Arc<dyn Ordering>,
    pub(crate) notifications: Arc<dyn Notifications>,
}

/// Puts the modules together.
pub(crate) fn modules(host: &mut Host) -> Result<Ports, Unmet> {
    let catalog = host.module(&catalog_infra::SPEC, catalog_infra::build)?;
    let inventory = host.module(&inventory_infra::SPEC, inventory_infra::build)?;
    let payments = host.module(&payments_infra::SPEC, payments_infra::build)?;
    let ordering = host.module(&ordering_infra::SPEC, |home| {
        ordering_infra::build(home, catalog.clone(), inventory.clone(), payments.clone())
    })?;
    let post = host.settings(&notifications_infra::SETTINGS);
    let notifications =
        host.module(&notifications_infra::SPEC, |home| notifications_infra::build(home, post))?;
    Ok(Ports { catalog, inventory, payments, ordering, notifications })
}

/// Puts the shop together: the modules, and what the public sees of them.
///
/// # Errors
/// See [`Unmet`].
pub fn compose(host: &mut Host) -> Result<(), Unmet> {
    let Ports { catalog, inventory, payments, ordering, notifications } = modules(host)?;

    host.endpoints(catalog_infra::endpoints(catalog.clone()));
    host.endpoints(inventory_infra::endpoints(inventory.clone()));
    host.endpoints(payments_infra::endpoints(payments));
    host.endpoints(ordering_infra::endpoints(ordering));
    host.endpoints(notifications_infra::endpoints(notifications));

    sample::fill(host, catalog, inventory);
    Ok(())
}
