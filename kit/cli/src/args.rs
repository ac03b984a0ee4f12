//! The command line.

use std::{ffi::OsString, net::SocketAddr, path::Path};

use clap::{Parser, Subcommand, value_parser};

use crate::{App, Failed, check, config::Settings, contracts, migrate, serve, topology};

/// One binary for every service of the system: the file says which service hosts what.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file that describes the system [default: outgrow.toml, if there is one]
    #[arg(long, global = true, env = "OUTGROW_CONFIG", value_name = "FILE", value_parser = value_parser!(OsString))]
    config: Option<OsString>,
    /// Where HTTP of `main` listens, whatever the file says
    #[arg(long, value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// What to do; without it, `serve main`
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  shop                              every module in one process, SQLite under data/
  shop check                        is the configuration right?
  shop topology                     which service hosts what, and who calls whom
  shop serve stock                  be the service `stock` of outgrow.toml

Exit codes: 64 configuration or usage, 65 data, 69 unavailable, 1 anything else";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves one service of the system until it is asked to end (SIGTERM, Ctrl-C)
    #[command(
        after_help = "Examples:\n  shop serve\n  shop serve stock\n  shop --config split.toml serve stock"
    )]
    Serve {
        /// Which service
        #[arg(default_value = outgrow_runtime::topology::MAIN)]
        service: String,
        /// Where its HTTP listens, whatever the file says
        #[arg(long, value_name = "ADDRESS")]
        http: Option<SocketAddr>,
    },
    /// Finds everything wrong with the configuration, at once
    #[command(after_help = "Examples:\n  shop check\n  shop --config split.toml check")]
    Check,
    /// Shows which service hosts which module, how it is reached, who calls whom, and who answers now
    #[command(after_help = "Examples:\n  shop topology\n  shop topology --json | jq '.services'")]
    Topology {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// The contracts of the modules: what other languages see, and what may never change
    #[command(after_help = contracts::EXAMPLES)]
    Contracts {
        #[command(subcommand)]
        command: contracts::Command,
    },
    /// Brings the homes of all modules up to date. On SQLite `serve` does so by itself
    #[command(after_help = "Examples:\n  shop migrate")]
    Migrate,
}

impl Args {
    pub(crate) async fn run(self, app: App) -> Result<(), Failed> {
        // A variable that is set to nothing says nothing.
        let file = self.config.as_deref().filter(|file| !file.is_empty()).map(Path::new);
        let main = outgrow_runtime::topology::MAIN;
        if self.http.is_some() && self.command.is_some() {
            return Err(Failed::usage(anyhow::anyhow!(
                "--http stands after the command: `serve --http ADDRESS`"
            )));
        }
        match self.command {
            None => serve::serve(Settings::load(file)?, app, main, self.http).await,
            Some(Command::Serve { service, http }) => {
                serve::serve(Settings::load(file)?, app, &service, http).await
            }
            Some(Command::Check) => check::check(&Settings::load(file)?, app),
            Some(Command::Topology { json }) => topology::show(&Settings::load(file)?, app, json).await,
            Some(Command::Contracts { command }) => contracts::run(&command, app),
            Some(Command::Migrate) => migrate::migrate(&Settings::load(file)?, app).await,
        }
    }
}
