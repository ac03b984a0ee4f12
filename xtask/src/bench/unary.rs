//! A query over gRPC beside the same in bare tonic: the benchmark itself takes turns and compares; see there.

use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::{
    built,
    table::{Bare, Row, Target, Unit},
};

/// Which row, what people call it, its unit, and what it is to reach.
const ROWS: [(&str, &str, Unit, Option<Target>); 4] = [
    ("latency control", "control: bare tonic again, p50", Unit::Microseconds, None),
    ("latency", "port, p50", Unit::Microseconds, Some(Target::RatioAtMost(1.1))),
    ("throughput control", "control: bare tonic again, 64 callers", Unit::CallsPerSecond, None),
    ("throughput", "port, 64 callers", Unit::CallsPerSecond, Some(Target::RatioAtLeast(0.92))),
];

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    let unary = built::executable("bench --no-run --package adapter-grpc --bench unary", "unary")?;
    let output = Command::new(unary).stderr(Stdio::inherit()).output().context("unary could not be run")?;
    ensure!(output.status.success(), "unary failed: {}", output.status);
    let said = String::from_utf8_lossy(&output.stdout);
    let row = |(name, what, unit, target): (&str, &str, Unit, Option<Target>)| {
        let (figure, bare) = read(&said, name).with_context(|| format!("unary said nothing of {name}"))?;
        Ok(Row { what: what.to_owned(), unit, figure, bare: Some(bare), target })
    };
    ROWS.into_iter().map(row).collect()
}

/// The row of this name: `name figure bare ratio`, separated by tabs.
fn read(said: &str, name: &str) -> Option<(f64, Bare)> {
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
        let (figure, bare) = read(said, "latency").unwrap();
        assert_eq!((figure, bare.figure, bare.ratio), (110.0, 100.0, 1.09));
        assert!(read(said, "laten").is_none());
    }
}
