//! Commands that an application adds to those every binary gets.
//!
//! Such a command composes the application as `serve main` does, and calls its modules through their ports: those that
//! `main` hosts in its own process, on their own homes, beside whoever serves them; the others where they are. It
//! neither listens nor does background work, and waits for no home: one that is not there is an error. One that looks
//! after a module's data takes the module's home instead ([`Host::home`]).

use clap::ArgMatches;
use outgrow::BoxFuture;
use outgrow_runtime::{Tasks, topology::MAIN};

use crate::{
    App, Failed, Host, Settings, check,
    homes::{self, Opened},
};

/// A command of an application's own.
///
/// ```
/// use clap::{CommandFactory, FromArgMatches, Parser};
/// use outgrow_cli::{Command, Failed, say};
///
/// /// Greets somebody
/// #[derive(Parser)]
/// #[command(name = "greet")]
/// struct Greet {
///     /// Whom
///     name: String,
/// }
///
/// const GREET: Command = Command {
///     usage: Greet::command,
///     run: |matches, _host| {
///         Box::pin(async move {
///             let Greet { name } = Greet::from_arg_matches(matches).map_err(Failed::usage)?;
///             // here the modules would be composed with the host, and called
///             say(format_args!("hello, {name}"))
///         })
///     },
/// };
/// # assert_eq!((GREET.usage)().get_name(), "greet");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its name, its arguments and its help, examples included.
    pub usage: fn() -> clap::Command,
    /// Does it, given what stood on the command line. The host is that of `main`, with nothing composed yet.
    pub run: for<'a> fn(&'a ArgMatches, &'a mut Host) -> BoxFuture<'a, Result<(), Failed>>,
}

pub(crate) async fn run(
    command: Command,
    matches: &ArgMatches,
    settings: &Settings,
    app: App,
) -> Result<(), Failed> {
    check::sound(settings, app)?;
    Opened::prepared(settings, app, MAIN).await.map_err(homes::failed_to_open)?;
    let tasks = Tasks::default();
    let homes = Opened::open(settings, app, MAIN, &tasks).await?;
    let mut host = Host::new(settings, app, MAIN, &homes, &tasks);
    let ended = (command.run)(matches, &mut host).await;
    homes.close().await;
    ended
}
