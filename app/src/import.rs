//! `shop import products.csv`: publishes the products of a file, and receives their stock.
//!
//! The file is read twice: once to find everything that is wrong with it, before anything is sent, and once to send its
//! lines, one after the other, so that an import does not crowd out whoever is served meanwhile. Every command has a
//! key made of the hash of the file and the number of the line: an import that was interrupted, wherever, is finished by
//! running it again, as long as modules remember their answers (seven days).
//!
//! A product that is published already keeps its name and its price. If the line says the same, its stock is received;
//! if it says something else, nothing of the line is done, and it is reported: which of the two is right is not for an
//! import to guess.
//!
//! Deliberately absent: what a SKU, a name, a price or a quantity may be. That is asked of the contracts.

mod lines;
mod problem;
mod send;
mod table;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use outgrow::{CallContext, call::OPERATOR};
use outgrow_cli::{Command, Failed, Host, say};

use crate::{
    compose,
    progress::{Progress, count},
};
use problem::Problems;
use send::{Sender, Stopped};
use table::Table;

/// `import`, for the command line.
pub const IMPORT: Command = Command {
    usage: Import::command,
    run: |matches, host| {
        Box::pin(async move { Import::from_arg_matches(matches).map_err(Failed::usage)?.run(host).await })
    },
};

const HELP: &str = "\
Publishes the products of a CSV file, and receives their stock

The first line names the columns, in any order: sku,name,price,currency,stock. The price is a whole number of minor
units: 1250 is 12.50 EUR. The stock is how many have come, 0 to 1000000. A value may stand in quotes, and ends on its
line. The file is UTF-8, and has at most 1000000 lines.

Every bad line is reported with its number, its column and the reason, and nothing is sent until all are good. A product
that is published already keeps its name and price: if the line says the same, its stock is received; if not, the line
is left out and reported.

Modules are called wherever they are, and the shop may be running. If the import is interrupted, run it again within
seven days: no line is done twice. For the same reason, a second delivery of the same goods needs another file.";

const EXAMPLES: &str = "\
Examples:
  shop import products.csv
  shop import products.csv --keep-good
  shop --config split.toml import products.csv

Exit codes: 0 every line is imported, 65 some are not, 69 something was not available: run it again";

#[derive(Debug, Parser)]
#[command(name = "import", about = "Publishes the products of a CSV file, and receives their stock")]
#[command(long_about = HELP, after_help = EXAMPLES)]
struct Import {
    /// The file
    file: PathBuf,
    /// If there are bad lines, report them and import the good ones
    #[arg(long)]
    keep_good: bool,
}

impl Import {
    async fn run(self, host: &mut Host) -> Result<(), Failed> {
        let ports = compose::modules(host).map_err(Failed::other)?;
        let survey = Survey::of(&self.file)?;
        if !survey.problems.is_empty() && !self.keep_good {
            return Err(self.nothing_was_sent(&survey));
        }
        let cx = CallContext::new(OPERATOR, host.ids().uuid());
        let sender = Sender::new(ports, cx, survey.hash.clone());
        self.send(&sender, &survey).await
    }

    async fn send(&self, sender: &Sender, survey: &Survey) -> Result<(), Failed> {
        let (mut table, mut problems) = (Table::open(&self.file)?, Problems::default());
        let (mut imported, progress) = (0, Progress::of(survey.good, "products"));
        while let Some(row) = table.next()? {
            let done = match row {
                Ok(row) => sender.send(row).await.map_err(|why| self.stopped(&why, imported, survey))?,
                Err(bad) => Err(bad),
            };
            match done {
                Ok(()) => imported += 1,
                Err(left_out) => problems.add(left_out),
            }
            progress.at(imported);
        }
        drop(progress);
        if table.hash() != survey.hash {
            let what = "was changed while it was imported; run it again with the file as it is to be";
            return Err(Failed::data(anyhow!("{} {what}", self.file.display())));
        }
        if problems.is_empty() {
            return say(format_args!("{}: {} imported", self.file.display(), count(imported, "product")));
        }
        Err(self.some_were_left_out(imported, &problems))
    }

    fn nothing_was_sent(&self, Survey { good, problems, .. }: &Survey) -> Failed {
        let (file, bad) = (self.file.display(), count(problems.lines(), "bad line"));
        let go_on = format!("correct the file, or import the good lines ({good}) with --keep-good");
        Failed::data(anyhow!("{file}: {bad}, nothing was sent\n{problems}\nto go on, {go_on}"))
    }

    fn some_were_left_out(&self, imported: u64, problems: &Problems) -> Failed {
        let (file, good) = (self.file.display(), count(imported, "product"));
        let bad = count(problems.lines(), "line");
        let go_on = "correct these lines in a file of their own: if this one is changed, all its lines are new, and the \
                     others are received again";
        Failed::data(anyhow!("{file}: {good} imported, {bad} left out\n{problems}\nto go on, {go_on}"))
    }

    fn stopped(&self, Stopped(why): &Stopped, imported: u64, Survey { good, .. }: &Survey) -> Failed {
        let go_on = "run the same command again: what is done is not done twice";
        Failed::unavailable(anyhow!(
            "{}: {why}\n  {imported} of {good} products are imported\nto go on, {go_on}",
            self.file.display()
        ))
    }
}

/// What is in a file.
struct Survey {
    hash: String,
    good: u64,
    problems: Problems,
}

impl Survey {
    fn of(file: &Path) -> Result<Self, Failed> {
        let (mut table, mut good, mut problems) = (Table::open(file)?, 0, Problems::default());
        while let Some(row) = table.next()? {
            match row {
                Ok(_) => good += 1,
                Err(bad) => problems.add(bad),
            }
        }
        Ok(Self { hash: table.hash(), good, problems })
    }
}
