//! `shop orders rebuild-history`: makes the history of orders anew, from the first fact about each.
//!
//! It works on the home of Ordering itself, beside whoever serves the module: see
//! `modules/ordering/infra/src/rebuild.rs`. It can be interrupted and run again at any time.

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use outgrow_cli::{Command, Failed};

use crate::rebuild::{self, Teller};

/// `orders`, for the command line.
pub const ORDERS: Command = Command {
    usage: Orders::command,
    run: |matches, host| {
        Box::pin(async move {
            let Orders { command: Action::RebuildHistory } =
                Orders::from_arg_matches(matches).map_err(Failed::usage)?;
            let home = rebuild::home_of(host, &ordering_infra::SPEC)?;
            let mut teller = Teller::of("order", "orders");
            let rebuilt = ordering_infra::rebuild_history(&home, |progress| teller.at(progress)).await;
            teller.end(rebuilt)
        })
    },
};

const HELP: &str = "\
Makes the history of orders anew

The history says what has become of each order, and since when. It follows from facts, which are kept as events tell
them. This works it out again for every order, beside what is shown; when it has all of them it is shown instead, at
once. The shop may be running, and goes on meanwhile.

An order that is older than the facts is found: its history says what it is, but not since when. So run this once after
an update from a version without a history, when no process of that version runs any more.";

const EXAMPLES: &str = "\
Examples:
  shop orders rebuild-history

Exit codes: 0 all orders are shown anew, 69 something was not available: run it again";

#[derive(Debug, Parser)]
#[command(name = "orders", about = "Looks after orders", after_help = EXAMPLES)]
struct Orders {
    #[command(subcommand)]
    command: Action,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Action {
    /// Makes the history of orders anew, from what was told of them
    #[command(long_about = HELP, after_help = EXAMPLES)]
    RebuildHistory,
}
