//! What is compared with the same without the kit, or in one process: benchmarks that take turns and compare by
//! themselves; see there.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
};

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

/// Of requests over HTTP, beside the crate `bare`.
pub(crate) const HTTP: [Wanted; 8] = [
    ("sqlite orders control", "SQLite orders, control: bare again", Unit::PerSecond, None),
    ("sqlite orders", "SQLite, POST /v1/orders", Unit::PerSecond, Some(Target::RatioAtLeast(0.85))),
    ("sqlite stock control", "SQLite stock, control: bare again", Unit::PerSecond, None),
    ("sqlite stock", "SQLite, GET /v1/stock/{sku}", Unit::PerSecond, Some(Target::RatioAtLeast(0.92))),
    ("postgres orders control", "PostgreSQL orders, control: bare again", Unit::PerSecond, None),
    ("postgres orders", "PostgreSQL, POST /v1/orders", Unit::PerSecond, Some(Target::RatioAtLeast(0.85))),
    ("postgres stock control", "PostgreSQL stock, control: bare again", Unit::PerSecond, None),
    ("postgres stock", "PostgreSQL, GET /v1/stock/{sku}", Unit::PerSecond, Some(Target::RatioAtLeast(0.92))),
];

/// Of events in homes. A latency of five milliseconds is five thousand microseconds.
pub(crate) const EVENTS: [Wanted; 10] = [
    ("sqlite outbox control", "SQLite write, control: bare again, p50", Unit::Microseconds, None),
    ("sqlite outbox", "SQLite write with an event, p50", Unit::Microseconds, Some(Target::RatioAtMost(1.25))),
    ("sqlite inbox control", "SQLite, control: bare again", Unit::PerSecond, None),
    ("sqlite inbox", "SQLite, inbox and handler", Unit::PerSecond, Some(Target::RatioAtLeast(0.7))),
    ("sqlite arrival", "SQLite, commit to handler, p50", Unit::Microseconds, Some(Target::AtMost(5_000.0))),
    ("postgres outbox control", "PostgreSQL write, control, p50", Unit::Microseconds, None),
    (
        "postgres outbox",
        "PostgreSQL write with an event, p50",
        Unit::Microseconds,
        Some(Target::RatioAtMost(1.25)),
    ),
    ("postgres inbox control", "PostgreSQL, control: bare again", Unit::PerSecond, None),
    ("postgres inbox", "PostgreSQL, inbox and handler", Unit::PerSecond, Some(Target::RatioAtLeast(0.7))),
    (
        "postgres arrival",
        "PostgreSQL, commit to handler, p50",
        Unit::Microseconds,
        Some(Target::AtMost(5_000.0)),
    ),
];

/// Of events on their way to a broker.
pub(crate) const RELAY: [Wanted; 2] = [
    ("relay control", "control: bare lapin again", Unit::PerSecond, None),
    ("relay", "relay, outbox on PostgreSQL", Unit::PerSecond, Some(Target::RatioAtLeast(0.7))),
];

/// Of what is due among very many events.
pub(crate) const BACKLOG: [Wanted; 2] = [
    ("backlog control", "control: few events wait, again, p50", Unit::Microseconds, None),
    ("backlog", "10 million events wait, p50", Unit::Microseconds, Some(Target::RatioAtMost(2.0))),
];

/// Of orders in two processes, beside the same in one. In ten milliseconds are ten thousand microseconds.
pub(crate) const LADDER: [Wanted; 16] = [
    ("sqlite order", "one order, on SQLite, p50", Unit::Microseconds, Some(Target::AtMost(10_000.0))),
    (
        "sqlite awaited",
        "one order, on SQLite, `Prefer: wait`, p50",
        Unit::Microseconds,
        Some(Target::AtMost(10_000.0)),
    ),
    ("one order", "one order, on PostgreSQL, p50", Unit::Microseconds, Some(Target::AtMost(10_000.0))),
    ("grpc order", "over gRPC, one order, p50", Unit::Microseconds, Some(Target::RatioAtMost(1.5))),
    ("rabbitmq order", "over RabbitMQ, one order, p50", Unit::Microseconds, Some(Target::RatioAtMost(2.5))),
    (
        "one awaited",
        "one order, on PostgreSQL, `Prefer: wait`, p50",
        Unit::Microseconds,
        Some(Target::AtMost(10_000.0)),
    ),
    ("grpc awaited", "over gRPC, `Prefer: wait`, p50", Unit::Microseconds, Some(Target::RatioAtMost(1.5))),
    (
        "rabbitmq awaited",
        "over RabbitMQ, `Prefer: wait`, p50",
        Unit::Microseconds,
        Some(Target::RatioAtMost(2.5)),
    ),
    ("grpc throughput", "over gRPC, orders", Unit::PerSecond, None),
    ("grpc p50", "over gRPC, p50", Unit::Microseconds, None),
    ("grpc p99", "over gRPC, p99", Unit::Microseconds, None),
    ("grpc processor time", "over gRPC, processor time an order", Unit::Microseconds, None),
    ("rabbitmq throughput", "over RabbitMQ, orders", Unit::PerSecond, None),
    ("rabbitmq p50", "over RabbitMQ, p50", Unit::Microseconds, None),
    ("rabbitmq p99", "over RabbitMQ, p99", Unit::Microseconds, None),
    ("rabbitmq processor time", "over RabbitMQ, processor time an order", Unit::Microseconds, None),
];

/// Builds and runs the benchmark of this name in a package, with these arguments and services, and reads these rows of
/// what it says.
pub(crate) fn measure(
    (package, name): (&str, &str),
    args: &[&OsStr],
    services: &[Service],
    wanted: &[Wanted],
) -> anyhow::Result<Vec<Row>> {
    let bench = built::executable(&format!("bench --no-run --package {package} --bench {name}"), name)?;
    let mut command = Command::new(bench);
    command.args(args).envs(services.iter().map(|service| (service.variable, &service.url)));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("{command:?} could not be run"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    read(&String::from_utf8_lossy(&output.stdout), wanted)
}

/// These rows.
fn read(said: &str, wanted: &[Wanted]) -> anyhow::Result<Vec<Row>> {
    let row = |(name, what, unit, target): &Wanted| {
        let (figure, bare) = find(said, name).with_context(|| format!("nothing was said of {name}"))?;
        Ok(Row { what: (*what).to_owned(), unit: *unit, figure, bare, target: *target })
    };
    wanted.iter().map(row).collect()
}

/// The row of this name: `name figure bare ratio`, separated by tabs, or `name figure`.
fn find(said: &str, name: &str) -> Option<(f64, Option<Bare>)> {
    let row = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'))?;
    let mut numbers = row.split('\t').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let figure = next()?;
    Some((figure, next().zip(next()).map(|(figure, ratio)| Bare { figure, ratio })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_its_whole_name() {
        let said = "latency control\t100.5\t100\t1.005\nlatency\t110\t100\t1.09\nstart\t7.5\n";
        let (figure, bare) = find(said, "latency").unwrap();
        let bare = bare.unwrap();
        assert_eq!((figure, bare.figure, bare.ratio), (110.0, 100.0, 1.09));
        let (figure, bare) = find(said, "start").unwrap();
        assert_eq!((figure, bare.is_none()), (7.5, true), "it stands alone");
        assert!(find(said, "laten").is_none());
    }

    #[test]
    fn a_row_that_was_not_said_is_named() {
        let missing = read("latency\t1\t1\t1\n", &GRPC).unwrap_err();
        assert_eq!(missing.to_string(), "nothing was said of latency control");
    }
}
