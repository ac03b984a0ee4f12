//! Logs: what a process says while it runs, on stderr.
//!
//! People at a terminal get lines to read, machines get JSON, one object a line. What is logged is chosen by
//! `OUTGROW_LOG`, else `RUST_LOG`, in the directives of `tracing-subscriber` (`info,ordering_core=debug`).
//!
//! Deliberately absent: metrics (the runtime measures, the edge shows) and export of traces (a later adapter).

mod fields;

use std::{
    env,
    io::{self, IsTerminal as _},
};

use tracing_subscriber::{
    EnvFilter,
    filter::{ParseError, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Where directives are looked for, in this order.
pub const VARIABLES: [&str; 2] = ["OUTGROW_LOG", "RUST_LOG"];
/// What is logged if nothing is said.
pub const DEFAULT: &str = "lapin=off,info";
/// lapin tells of every returned message, with all that is in it, and of every channel that is closed, also where that is
/// in order; whoever sent it, or waited for it, is told anyhow, and says so.
const QUIET: &str = "lapin=off";

/// How logs look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Lines for people, in colour on a terminal.
    #[default]
    Human,
    /// JSON for machines, one object a line.
    Json,
}

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The directives cannot be read.
    #[error("{variable}={directives:?} is not a log filter; an example of one is `info,ordering_core=debug`")]
    BadFilter {
        /// Where they came from.
        variable: &'static str,
        /// What they are.
        directives: String,
        /// What is wrong with them.
        source: ParseError,
    },
    /// Somebody was first.
    #[error("logs were set up already")]
    AlreadySet(#[source] tracing_subscriber::util::TryInitError),
}

/// Sets up the logs of this process. Once, first thing.
///
/// # Errors
/// If the directives cannot be read, or logs were set up already.
pub fn init(format: Format) -> Result<(), TelemetryError> {
    let filter = filter(|variable| env::var(variable).ok())?;
    // What names no span is decided once for each place in the code, instead of anew whenever a request is polled.
    let directives = filter.to_string();
    let plain = if directives.contains('[') { None } else { directives.parse::<Targets>().ok() };
    let logs = tracing_subscriber::registry().with(plain.is_none().then_some(filter)).with(plain);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let set = match format {
        Format::Human => {
            logs.with(lines.fmt_fields(fields::Plain).with_ansi(io::stderr().is_terminal())).try_init()
        }
        Format::Json => logs.with(lines.json().flatten_event(true).with_ansi(false)).try_init(),
    };
    set.map_err(TelemetryError::AlreadySet)
}

fn filter(lookup: impl Fn(&str) -> Option<String>) -> Result<EnvFilter, TelemetryError> {
    let said = |variable| {
        lookup(variable).filter(|directives| !directives.trim().is_empty()).map(|said| (variable, said))
    };
    match VARIABLES.into_iter().find_map(said) {
        None => Ok(EnvFilter::new(DEFAULT)),
        Some((variable, directives)) => EnvFilter::builder()
            .parse(format!("{QUIET},{directives}"))
            .map_err(|source| TelemetryError::BadFilter { variable, directives, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter_of(outgrow: Option<&str>, rust: Option<&str>) -> Result<String, String> {
        let lookup =
            |variable: &str| if variable == VARIABLES[0] { outgrow } else { rust }.map(str::to_owned);
        filter(lookup).map(|filter| filter.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_filter_is_outgrows_else_rusts_else_info() {
        assert_eq!(filter_of(Some("debug"), Some("warn")).unwrap(), "lapin=off,debug");
        assert_eq!(filter_of(None, Some("warn")).unwrap(), "lapin=off,warn");
        assert_eq!(filter_of(None, Some("warn,lapin=debug")).unwrap(), "lapin=debug,warn");
        assert_eq!(filter_of(Some(" "), None).unwrap(), DEFAULT);
        assert_eq!(filter_of(None, None).unwrap(), DEFAULT);
    }

    #[test]
    fn a_bad_filter_is_named_with_its_variable() {
        let error = filter_of(None, Some("ordering=loud")).unwrap_err();
        assert!(error.starts_with(r#"RUST_LOG="ordering=loud" is not a log filter"#), "{error}");
    }

    #[test]
    fn logs_are_set_up_once() {
        init(Format::Json).unwrap();
        assert!(matches!(init(Format::Human), Err(TelemetryError::AlreadySet(_))));
    }
}
