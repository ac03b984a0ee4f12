//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{App, Failed, check, config::Settings, contracts, migrate, serve, topology};

/// One binary for every service of the system: the file says which service hosts what.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file that describes the system [default: outgrow.toml, if there is one]
    #[arg(long, global = true, env = "OUTGROW_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to do; without it, `serve`
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
        http: Option<std::net::SocketAddr>,
    },
    /// Finds everything wrong with the configuration, at once
    #[command(after_help = "Examples:\n  shop check\n  shop --config split.toml check")]
    Check,
    /// Shows which service hosts which module, how it is reached, and who calls whom
    #[command(after_help = "Examples:\n  shop topology\n  shop topology --json | jq '.services'")]
    Topology {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// The contracts of the modules: what other languages see, and what may never change
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
        let serve = |service: &str, http| (service.to_owned(), http);
        let (service, http) = match self.command {
            None => serve(outgrow_runtime::topology::MAIN, None),
            Some(Command::Serve { service, http }) => serve(&service, http),
            Some(Command::Check) => return check::check(&Settings::load(self.config.as_deref())?, app),
            Some(Command::Topology { json }) => {
                return topology::show(&Settings::load(self.config.as_deref())?, app, json);
            }
            Some(Command::Contracts { command }) => return contracts::run(&command, app),
            Some(Command::Migrate) => {
                return migrate::migrate(&Settings::load(self.config.as_deref())?, app).await;
            }
        };
        serve::serve(Settings::load(self.config.as_deref())?, app, &service, http).await
    }
}
