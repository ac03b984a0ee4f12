//! The command line.

use std::{
    ffi::{OsStr, OsString},
    net::SocketAddr,
    path::Path,
};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, value_parser};

use crate::{
    App, Failed, check, command, config::Settings, contracts, events, migrate, sagas, serve, topology,
};

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
    /// The events that wait to be delivered or handled, and those that were set aside
    #[command(after_help = events::EXAMPLES)]
    Events {
        #[command(subcommand)]
        command: events::Command,
    },
    /// What the modules see through in several steps: what has not ended, and what people may do about it
    #[command(after_help = sagas::EXAMPLES)]
    Sagas {
        #[command(subcommand)]
        command: sagas::Command,
    },
    /// Brings the homes of all modules up to date. On SQLite `serve` does so by itself
    #[command(after_help = "Examples:\n  shop migrate")]
    Migrate,
}

/// What the command line asks for.
pub(crate) enum Asked {
    /// Something that every binary can do.
    Common(Args),
    /// Something that only this application can do: its command, and the whole command line.
    Own(crate::Command, ArgMatches),
}

impl Asked {
    pub(crate) fn of(app: App) -> Result<Self, clap::Error> {
        let own = app.commands.iter().map(|own| (own.usage)());
        let command = Args::command().name(app.name).about(app.about).subcommands(own);
        let matches = command.try_get_matches()?;
        let named = |own: &&crate::Command| matches.subcommand_name() == Some((own.usage)().get_name());
        match app.commands.iter().find(named) {
            Some(own) => Ok(Self::Own(*own, matches)),
            None => Args::from_arg_matches(&matches).map(Self::Common),
        }
    }

    pub(crate) async fn run(self, app: App) -> Result<(), Failed> {
        match self {
            Self::Common(args) => args.run(app).await,
            Self::Own(own, matches) => {
                let config = matches.get_one::<OsString>("config").map(OsString::as_os_str);
                must_not_stand_before_a_command(matches.contains_id("http"))?;
                let (_, matches) = matches.subcommand().unwrap_or(("", &matches));
                command::run(own, matches, &Settings::load(said(config))?, app).await
            }
        }
    }
}

/// A variable that is set to nothing says nothing.
fn said(file: Option<&OsStr>) -> Option<&Path> {
    file.filter(|file| !file.is_empty()).map(Path::new)
}

fn must_not_stand_before_a_command(http: bool) -> Result<(), Failed> {
    let why = "--http stands after the command: `serve --http ADDRESS`";
    if http { Err(Failed::usage(anyhow::anyhow!(why))) } else { Ok(()) }
}

impl Args {
    async fn run(self, app: App) -> Result<(), Failed> {
        let file = said(self.config.as_deref());
        let main = outgrow_runtime::topology::MAIN;
        must_not_stand_before_a_command(self.http.is_some() && self.command.is_some())?;
        match self.command {
            None => serve::serve(Settings::load(file)?, app, main, self.http).await,
            Some(Command::Serve { service, http }) => {
                serve::serve(Settings::load(file)?, app, &service, http).await
            }
            Some(Command::Check) => check::check(&Settings::load(file)?, app),
            Some(Command::Topology { json }) => topology::show(&Settings::load(file)?, app, json).await,
            Some(Command::Contracts { command }) => contracts::run(&command, app, file),
            Some(Command::Events { command }) => events::run(&command, &Settings::load(file)?, app).await,
            Some(Command::Sagas { command }) => sagas::run(&command, &Settings::load(file)?, app).await,
            Some(Command::Migrate) => migrate::migrate(&Settings::load(file)?, app).await,
        }
    }
}
