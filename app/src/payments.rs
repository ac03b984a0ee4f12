//! `shop payments rebuild`: makes what others see of payments anew, from the first record of each.
//!
//! It works on the home of Payments itself, beside whoever serves the module, and changes nothing but what follows from
//! the records: see `modules/payments/infra/src/rebuild.rs`. It can be interrupted and run again at any time.

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use outgrow_cli::{Command, Failed};

use crate::rebuild::{self, Teller};

/// `payments`, for the command line.
pub const PAYMENTS: Command = Command {
    usage: Payments::command,
    run: |matches, host| {
        Box::pin(async move {
            let Payments { command: Action::Rebuild } =
                Payments::from_arg_matches(matches).map_err(Failed::usage)?;
            let home = rebuild::home_of(host, &payments_infra::SPEC)?;
            let mut teller = Teller::of("payment", "payments");
            let rebuilt = payments_infra::rebuild(&home, |progress| teller.at(progress)).await;
            teller.end(rebuilt)
        })
    },
};

const HELP: &str = "\
Makes what others see of payments anew

What has become of a payment follows from its records, which are the truth. What is shown is kept beside them, so that
it need not be worked out each time. This works it out again for every payment, from the first record on, beside what is
shown; when it has all of them it is shown instead, at once. The shop may be running, and goes on meanwhile.";

const EXAMPLES: &str = "\
Examples:
  shop payments rebuild

Exit codes: 0 all payments are shown anew, 65 records are damaged, 69 something was not available: run it again";

#[derive(Debug, Parser)]
#[command(name = "payments", about = "Looks after payments", after_help = EXAMPLES)]
struct Payments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Action {
    /// Makes what others see of payments anew, from their records
    #[command(long_about = HELP, after_help = EXAMPLES)]
    Rebuild,
}
