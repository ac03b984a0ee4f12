//! How the process ends when it does not end well: one place, four codes.

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

/// What the exit code says (after `sysexits.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 64: wrong usage or configuration. Nothing was started.
    Usage,
    /// 65: the data is not what it should be.
    Data,
    /// 69: something that is needed is not available.
    Unavailable,
    /// 1: anything else.
    Other,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Usage => 64,
            Self::Data => 65,
            Self::Unavailable => 69,
            Self::Other => 1,
        }
    }
}

/// A failure that ends the process: its exit code, and why.
#[derive(Debug)]
pub struct Failed {
    /// What the exit code says.
    pub exit: Exit,
    /// Why, with all its causes.
    pub why: anyhow::Error,
}

impl Failed {
    /// Wrong usage or configuration.
    pub fn usage(why: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, why: why.into() }
    }

    /// The data is not what it should be.
    pub fn data(why: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Data, why: why.into() }
    }

    /// Something that is needed is not available.
    pub fn unavailable(why: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Unavailable, why: why.into() }
    }

    /// Anything else.
    pub fn other(why: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Other, why: why.into() }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.why)
    }
}

#[expect(clippy::print_stderr, reason = "errors go to the terminal")]
pub(crate) fn report(failed: &Failed) -> ExitCode {
    eprintln!("error: {failed}");
    ExitCode::from(failed.exit.code())
}

/// What clap has to say: help and version are no errors.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print().is_ok();
    if shown && !error.use_stderr() { ExitCode::SUCCESS } else { ExitCode::from(Exit::Usage.code()) }
}

/// Says something on stdout. A reader who has gone away has seen enough.
///
/// # Errors
/// When it cannot be written for another reason.
pub fn say(text: impl fmt::Display) -> Result<(), Failed> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failed::other(error)),
        _ => Ok(()),
    }
}
