//! One command of a chore: run, streamed, timed, and counted if it runs tests.

use std::{
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use crate::{
    cargo::cargo,
    services::{Install, Service},
    tally::Tally,
    tools::Tool,
};

/// A call of cargo.
pub(crate) struct Step {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The arguments of cargo, separated by spaces.
    cargo: &'static str,
    /// Whether it runs tests. It then must run at least one: a step that finds none has lost its way.
    tests: bool,
    /// Whether its tests need services.
    services: bool,
    /// What its tests need, and may have to do without: then it is not run.
    tool: Option<Tool>,
}

/// What became of a step.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    /// Cargo's own verdict.
    pub(crate) success: bool,
    /// `None` if it is not of the kind that runs tests.
    pub(crate) tally: Option<Tally>,
    /// Why it was not run, if it was not.
    pub(crate) not_run: Option<String>,
    pub(crate) took: Duration,
}

impl Step {
    /// A step that succeeds or does not.
    pub(crate) const fn check(name: &'static str, cargo: &'static str) -> Self {
        Self { name, cargo, tests: false, services: false, tool: None }
    }

    /// A step whose tests are counted.
    pub(crate) const fn tests(name: &'static str, cargo: &'static str) -> Self {
        Self { name, cargo, tests: true, services: false, tool: None }
    }

    /// The same with services, which its tests need.
    pub(crate) const fn with_services(mut self) -> Self {
        self.services = true;
        self
    }

    /// The same with a tool, which its tests need.
    pub(crate) const fn with(mut self, tool: Tool) -> Self {
        self.tool = Some(tool);
        self
    }

    /// The arguments of cargo.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.cargo.split(' ')
    }

    #[cfg(test)]
    pub(crate) const fn needs_a_tool(&self) -> bool {
        self.tool.is_some()
    }

    pub(crate) const fn needs_services(&self) -> bool {
        self.services
    }

    /// Runs it at the top of the workspace, showing what it says as it says it.
    pub(crate) fn run(&self, services: &[Service], install: Install) -> anyhow::Result<Outcome> {
        println!("\n--- {}: cargo {}", self.name, self.cargo);
        let start = Instant::now();
        let tool = self.tool.map(|tool| tool.find(install).map(|program| (tool.variable(), program)));
        let tool = match tool.transpose() {
            Ok(tool) => tool,
            Err(why) => {
                println!("not run: {why:#}");
                let (not_run, took) = (Some(format!("{why:#}")), start.elapsed());
                return Ok(Outcome { name: self.name, success: true, tally: None, not_run, took });
            }
        };
        let mut command = cargo();
        command.args(self.words()).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        command.envs(services.iter().map(|service| (service.variable, &service.url)));
        command.envs(tool);
        let ran = if self.tests { count(command) } else { look(command) };
        let (success, tally) = ran.with_context(|| format!("{}: cargo could not be run", self.name))?;
        Ok(Outcome { name: self.name, success, tally, not_run: None, took: start.elapsed() })
    }
}

impl Outcome {
    /// In a word or two.
    pub(crate) fn verdict(&self) -> &'static str {
        let well = if self.not_run.is_some() { "not run" } else { "ok" };
        self.problem().unwrap_or(well)
    }

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
        let outcome =
            |tally| Outcome { name: "unit", success: true, tally, not_run: None, took: Duration::ZERO };
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
