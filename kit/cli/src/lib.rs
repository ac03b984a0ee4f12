//! The commands every Outgrow binary gets.
//!
//! An application is a list of modules and a function that composes them ([`App`]). From the two follow `serve`,
//! `check`, `topology`, `contracts`, `events` and `migrate`, all reading one file that describes the whole system ([`config`]).
//! It may add commands of its own ([`Command`]), which call its modules wherever they are.
//!
//! Deliberately absent: any module.

mod args;
mod banner;
mod check;
mod command;
pub mod config;
mod contracts;
mod events;
mod exit;
mod homes;
mod host;
mod listen;
mod met;
mod metrics;
mod migrate;
mod ready;
mod sagas;
mod serve;
mod topology;
mod waiting;

use std::process::ExitCode;

use outgrow::{ModuleSpec, settings::TakesSettings};
use outgrow_runtime::Unmet;

pub use adapter_sql::{Home, Progress, RebuildError};
pub use command::Command;
pub use config::{Settings, Source};
pub use exit::{Exit, Failed, say};
pub use host::Host;

/// An application: its modules, and how they are put together.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// The name of the binary.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// Every module, in the order of their needs.
    pub modules: &'static [&'static ModuleSpec],
    /// Puts the modules together.
    pub compose: fn(&mut Host) -> Result<(), Unmet>,
    /// The settings that modules take of their own.
    pub settings: &'static [&'static dyn TakesSettings],
    /// What it can do besides the commands of the kit.
    pub commands: &'static [Command],
    /// A line to try once it serves, given the address of its public API.
    pub try_it: fn(address: &str) -> String,
}

impl App {
    /// Does what the command line asks for. Returns when it is done, or when the process was asked to end.
    pub fn run(self) -> ExitCode {
        let asked = match args::Asked::of(self) {
            Ok(asked) => asked,
            Err(error) => return exit::usage(&error),
        };
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return exit::report(&Failed::other(error)),
        };
        match runtime.block_on(asked.run(self)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => exit::report(&error),
        }
    }
}
