//! The composition root of the shop: the only place that knows every module.

mod compose;
mod sample;

pub use compose::{MODULES, compose};
