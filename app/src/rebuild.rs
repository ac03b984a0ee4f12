//! Making a projection anew, for the commands of the modules that have one: how far it is, and what came of it.

use anyhow::anyhow;
use outgrow::ModuleSpec;
use outgrow_cli::{Failed, Home, Host, RebuildError, say};

use crate::progress::{Progress, count};

/// The home of the module, if `main` hosts it.
pub(crate) fn home_of(host: &Host, spec: &ModuleSpec) -> Result<Home, Failed> {
    let elsewhere = || {
        let go_on = "run it with a configuration in which `main` does, and the home is the same";
        Failed::usage(anyhow!("another service hosts {}\nto go on, {go_on}", spec.name))
    };
    host.home(spec).ok_or_else(elsewhere)
}

/// Says how far it is.
pub(crate) struct Teller {
    one: &'static str,
    many: &'static str,
    progress: Option<Progress>,
}

impl Teller {
    /// Of things that are called so, such as `order` and `orders`.
    pub(crate) fn of(one: &'static str, many: &'static str) -> Self {
        Self { one, many, progress: None }
    }

    /// So far.
    pub(crate) fn at(&mut self, outgrow_cli::Progress { done, all }: outgrow_cli::Progress) {
        self.progress.get_or_insert_with(|| Progress::of(all, self.many)).at(done);
    }

    /// Says what came of it.
    pub(crate) fn end(self, rebuilt: Result<u64, RebuildError>) -> Result<(), Failed> {
        let rebuilt = rebuilt.map_err(|error| match error {
            RebuildError::Damaged(_) => Failed::data(error),
            RebuildError::Unread(_) | RebuildError::Unwritten(_) | RebuildError::Overtaken => {
                Failed::unavailable(error)
            }
        });
        drop(self.progress);
        say(format_args!("{} shown anew", count(rebuilt?, self.one)))
    }
}
