//! The shop: one binary, every service of it.

use std::process::ExitCode;

use outgrow_cli::App;
use shop::{IMPORT, MODULES, ORDERS, PAYMENTS, SETTINGS, compose};

fn main() -> ExitCode {
    let shop = App {
        name: "shop",
        about: "A small shop: a catalogue, a stockroom, orders and payments. One process, or as many as you like.",
        modules: MODULES,
        compose,
        settings: SETTINGS,
        commands: &[IMPORT, ORDERS, PAYMENTS],
        try_it: |address| format!("curl -s {address}/v1/products"),
    };
    shop.run()
}
