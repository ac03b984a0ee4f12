//! One command of a chore: run, streamed, timed, and counted if it runs tests.

use std::{
    env,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{services::Service, tally::Tally};

/// A call of cargo.
pub(crate) struct Step {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The arguments of cargo, separated by spaces.
    cargo: &'static str,
    /// Whether it runs tests. It then must run at least one: a step that finds none has lost its way.
    tests: bool,
}

/// What became of a step.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    /// Cargo's own verdict.
    pub(crate) success: bool,
    /// `None` if it is not of the kind that runs tests.
    pub(crate) tally: Option<Tally>,
    pub(crate) took: Duration,
}

impl Step {
    /// A step that succeeds or does not.
    pub(crate) const fn check(name: &'static str, cargo: &'static str) -> Self {
        Self { name, cargo, tests: false }
    }

    /// A step whose tests are counted.
    pub(crate) const fn tests(name: &'static str, cargo: &'static str) -> Self {
        Self { name, cargo, tests: true }
    }

    /// Whether it runs the tests that need services: those that a plain `cargo test` ignores.
    pub(crate) fn needs_services(&self) -> bool {
        self.cargo.ends_with("--include-ignored")
    }

    /// Runs it at the top of the workspace, showing what it says as it says it.
    pub(crate) fn run(&self, services: &[Service]) -> anyhow::Result<Outcome> {
        println!("\n--- {}: cargo {}", self.name, self.cargo);
        let start = Instant::now();
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(self.cargo.split(' ')).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        command.envs(services.iter().map(|service| (service.variable, &service.url)));
        let ran = if self.tests { count(command) } else { look(command) };
        let (success, tally) = ran.with_context(|| format!("{}: cargo could not be run", self.name))?;
        Ok(Outcome { name: self.name, success, tally, took: start.elapsed() })
    }
}

impl Outcome {
    /// What is wrong with it, if anything.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match &self.tally {
            Some(tally) if tally.total().ran() == 0 => Some("no test ran"),
            _ if !self.success => Some("failed"),
            _ => None,
        }
    }
}

/// Runs a command that has the terminal to itself.
fn look(mut command: Command) -> io::Result<(bool, Option<Tally>)> {
    Ok((command.status()?.success(), None))
}

/// Runs a command and reads along. Both streams share one pipe, so that cargo's `Running …` stays before its tests.
fn count(mut command: Command) -> io::Result<(bool, Option<Tally>)> {
    let (reader, writer) = io::pipe()?;
    let mut child = command.stdout(writer.try_clone()?).stderr(writer).spawn()?;
    drop(command); // and with it this side's copies of the writer: otherwise the reader would never see the end
    let mut tally = Tally::default();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        tally.read(&line);
    }
    Ok((child.wait()?.success(), Some(tally)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_tests_that_finds_none_has_a_problem() {
        let outcome = |tally| Outcome { name: "unit", success: true, tally, took: Duration::ZERO };
        assert_eq!(outcome(Some(Tally::default())).problem(), Some("no test ran"));
        assert_eq!(outcome(None).problem(), None);
    }

    #[test]
    fn both_streams_are_read_in_their_order() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo ' Running tests/a.rs (x)' >&2; echo 'test result: ok. 2 passed; 0 failed; 0 ignored;'; exit 3",
        ]);
        let (success, tally) = count(command).unwrap();
        let tally = tally.unwrap();
        assert!(!success);
        assert_eq!(tally.total().passed, 2);
        assert_eq!(tally.areas().map(|(area, _)| area).collect::<Vec<_>>(), ["a"]);
    }
}
