//! The whole shop, in the order of its needs.
//!
//! A module handed the wrong neighbour, or needed but forgotten, does not compile; one that nobody needs and is
//! forgotten is named at start. Where each of them runs is not decided here: that is configuration.

#![expect(clippy::clone_on_ref_ptr, reason = "the composition is to be read aloud")]

use outgrow::ModuleSpec;
use outgrow_cli::Host;
use outgrow_runtime::Unmet;

use crate::sample;

/// Every module of the shop.
pub static MODULES: &[&ModuleSpec] = &[&catalog_infra::SPEC, &inventory_infra::SPEC, &ordering_infra::SPEC];

/// Puts the shop together.
///
/// # Errors
/// See [`Unmet`].
pub fn compose(host: &mut Host) -> Result<(), Unmet> {
    let catalog = host.module(&catalog_infra::SPEC, catalog_infra::build)?;
    let inventory = host.module(&inventory_infra::SPEC, inventory_infra::build)?;
    let ordering = host.module(&ordering_infra::SPEC, |home| {
        ordering_infra::build(home, catalog.clone(), inventory.clone())
    })?;

    host.endpoints(catalog_infra::endpoints(catalog.clone()));
    host.endpoints(inventory_infra::endpoints(inventory.clone()));
    host.endpoints(ordering_infra::endpoints(ordering));

    sample::fill(host, catalog, inventory);
    Ok(())
}
