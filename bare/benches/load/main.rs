//! Puts load on running shops, over HTTP and from outside, for `cargo xtask bench`.
//!
//! `load turns SHOP BARE` compares the program at SHOP with the one at BARE (the crate `bare`, the same without the kit),
//! on SQLite and on PostgreSQL; `load ladder SHOP` compares one process with two, over gRPC and over RabbitMQ. All that
//! is compared runs side by side, idle but for its turns. PostgreSQL is at `OUTGROW_TEST_POSTGRES`, RabbitMQ at
//! `OUTGROW_TEST_RABBITMQ`. The load is made by one thread, and takes its share of the machine from all alike.
//!
//! One line a row: its name, the figure, the one it is compared with, and their ratio.
#![expect(clippy::print_stdout, reason = "its figures are what it is for")]

mod client;
mod http;
mod ladder;
mod system;
mod turns;

use std::env;

use outgrow_testkit::contest::{Failure, one_thread};

fn main() -> Result<(), Failure> {
    // Cargo itself adds a `--bench`.
    let args: Vec<String> = env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let rows = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["turns", shop, bare] => one_thread()?.block_on(turns::measure(shop, bare))?,
        ["ladder", shop] => one_thread()?.block_on(ladder::measure(shop))?,
        _ => {
            println!("load turns SHOP BARE | load ladder SHOP; `cargo xtask bench` runs both");
            return Ok(());
        }
    };
    for row in rows {
        println!("{row}");
    }
    Ok(())
}
