//! A carrier beside the same without the kit: the benchmark itself takes turns and compares; see there.

use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::{
    built,
    table::{Bare, Row, Target, Unit},
};
use crate::services::Service;

/// A row of a benchmark: which, what people call it, its unit, and what it is to reach.
pub(crate) type Wanted = (&'static str, &'static str, Unit, Option<Target>);

/// Of a call over gRPC.
pub(crate) const GRPC: [Wanted; 4] = [
    ("latency control", "control: bare tonic again, p50", Unit::Microseconds, None),
    ("latency", "port, p50", Unit::Microseconds, Some(Target::RatioAtMost(1.1))),
    ("throughput control", "control: bare tonic again, 64 callers", Unit::CallsPerSecond, None),
    ("throughput", "port, 64 callers", Unit::CallsPerSecond, Some(Target::RatioAtLeast(0.92))),
];

/// Of a call over RabbitMQ.
pub(crate) const RABBITMQ: [Wanted; 4] = [
    ("latency control", "control: bare lapin again, p50", Unit::Microseconds, None),
    ("latency", "port, p50", Unit::Microseconds, Some(Target::RatioAtMost(1.15))),
    ("throughput control", "control: bare lapin again, 64 callers", Unit::CallsPerSecond, None),
    ("throughput", "port, 64 callers", Unit::CallsPerSecond, None),
];

/// Builds and runs the benchmark of this name in a package, and reads these rows of what it says.
pub(crate) fn measure(
    package: &str,
    name: &str,
    service: Option<&Service>,
    wanted: &[Wanted],
) -> anyhow::Result<Vec<Row>> {
    let bench = built::executable(&format!("bench --no-run --package {package} --bench {name}"), name)?;
    let mut command = Command::new(bench);
    command.envs(service.map(|service| (service.variable, &service.url)));
    read(&said(command)?, wanted)
}

/// What a benchmark says until it ends well.
pub(crate) fn said(mut command: Command) -> anyhow::Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{command:?} could not be run"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// These rows.
pub(crate) fn read(said: &str, wanted: &[Wanted]) -> anyhow::Result<Vec<Row>> {
    let row = |(name, what, unit, target): &Wanted| {
        let (figure, bare) = find(said, name).with_context(|| format!("nothing was said of {name}"))?;
        Ok(Row { what: (*what).to_owned(), unit: *unit, figure, bare: Some(bare), target: *target })
    };
    wanted.iter().map(row).collect()
}

/// The row of this name: `name figure bare ratio`, separated by tabs.
fn find(said: &str, name: &str) -> Option<(f64, Bare)> {
    let row = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'))?;
    let mut numbers = row.split('\t').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    Some((next()?, Bare { figure: next()?, ratio: next()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_whole_name() {
        let said = "latency control\t100.5\t100\t1.005\nlatency\t110\t100\t1.09\n";
        let (figure, bare) = find(said, "latency").unwrap();
        assert_eq!((figure, bare.figure, bare.ratio), (110.0, 100.0, 1.09));
        assert!(find(said, "laten").is_none());
    }

    #[test]
    fn a_row_that_was_not_said_is_named() {
        let missing = read("latency\t1\t1\t1\n", &GRPC).unwrap_err();
        assert_eq!(missing.to_string(), "nothing was said of latency control");
    }
}
