//! The project's own chores: `cargo xtask --help`.
//!
//! One module a chore. They need what the project needs (Rust and a C compiler) and nothing else, or fetch it, and they
//! are all that continuous integration calls, so what it finds can be found at home.
#![expect(clippy::print_stdout, reason = "printing is what a chore does")]

mod bench;
mod cargo;
mod guides;
mod scenarios;
mod services;
mod step;
mod tally;
mod test;
mod tools;

use std::process::ExitCode;

use clap::Parser;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    Bench(bench::Args),
    Guides(guides::Args),
    Scenarios(scenarios::Args),
    Test(test::Args),
}

fn main() -> anyhow::Result<ExitCode> {
    match Chore::parse() {
        Chore::Bench(args) => Ok(bench::run(&args)),
        Chore::Guides(args) => guides::run(&args),
        Chore::Scenarios(args) => scenarios::run(&args),
        Chore::Test(args) => test::run(&args),
    }
}
