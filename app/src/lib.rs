//! The composition root of the shop: the only place that knows every module.

mod compose;
mod import;
mod orders;
mod payments;
mod progress;
mod rebuild;
mod sample;

pub use compose::{MODULES, SETTINGS, compose};
pub use import::IMPORT;
pub use orders::ORDERS;
pub use payments::PAYMENTS;
