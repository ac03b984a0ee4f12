//! `cargo xtask bench`: what the seam costs, each figure beside that of doing without.
//!
//! What happens in one process is counted (instructions, allocations), because counts do not depend on what else the
//! machine does. What goes over the wire is timed, in pairs that take turns, beside a control that compares like with
//! like: its ratio tells how far the others can be trusted. A missed target is printed, not hidden, and fails nothing.

mod built;
mod calls;
mod shop;
mod table;
mod turns;

use std::process::ExitCode;

use clap::ValueEnum;

use crate::services::{self, Install};
use table::{Part, Row};

/// Measure what the seam costs: instructions and allocations of a call, carriers and requests beside the same
/// without the kit, an order in one process and in two, the release binary.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench --only calls,shop")]
pub(crate) struct Args {
    /// Measure only these.
    #[arg(long, value_delimiter = ',', value_name = "PART,…")]
    only: Vec<Subject>,
    /// Install nothing: a part is not measured if a service that it needs is neither running nor installed.
    #[arg(long)]
    no_install: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Subject {
    /// A query in one process, counted by valgrind.
    Calls,
    /// A call over gRPC, in turns with bare tonic.
    Grpc,
    /// A call over RabbitMQ, in turns with bare lapin.
    #[value(name = "rabbitmq")]
    RabbitMq,
    /// Events: published, delivered, handled.
    Events,
    /// Events that leave an outbox for a broker, in turns with bare lapin.
    Relay,
    /// Ten million events that wait; takes minutes and some 10 GB of disk, so only when it is named.
    Backlog,
    /// Requests over HTTP to the shop, in turns with the crate `bare`.
    Http,
    /// Orders in one process, and in two over either carrier.
    Ladder,
    /// The release binary: its start, its memory, its size.
    Shop,
}

impl Subject {
    const fn title(self) -> &'static str {
        match self {
            Self::Calls => "a query in one process, per call",
            Self::Grpc => "a query over gRPC, medians",
            Self::RabbitMq => "a query over RabbitMQ, medians",
            Self::Events => "events in homes, beside the same without",
            Self::Relay => "events to a broker, beside bare lapin with as large windows",
            Self::Backlog => "a claim of 128 events, beside (\"bare\") the same where a thousand wait",
            Self::Http => "requests over HTTP, beside axum and sqlx, medians",
            Self::Ladder => "orders, and on PostgreSQL those in two processes beside one (\"bare\")",
            Self::Shop => "the shop, release build",
        }
    }

    /// Whether it is to be measured if `only` is.
    fn wanted(self, only: &[Self]) -> bool {
        if only.is_empty() { self != Self::Backlog } else { only.contains(&self) }
    }

    fn measure(self, install: Install) -> anyhow::Result<Vec<Row>> {
        let shop = || built::executable("build --release --package shop --bin shop", "shop");
        match self {
            Self::Calls => calls::measure(),
            Self::Grpc => turns::measure(("adapter-grpc", "unary"), &[], &[], &turns::GRPC),
            Self::RabbitMq => {
                let broker = services::rabbitmq(install)?;
                turns::measure(("adapter-rabbitmq", "request_reply"), &[], &[broker], &turns::RABBITMQ)
            }
            Self::Events => {
                let database = services::postgres(install)?;
                turns::measure(("adapter-sql", "events"), &["turns".as_ref()], &[database], &turns::EVENTS)
            }
            Self::Relay => {
                let services = [services::postgres(install)?, services::rabbitmq(install)?];
                turns::measure(("adapter-rabbitmq", "relay"), &[], &services, &turns::RELAY)
            }
            Self::Backlog => {
                let database = services::postgres(install)?;
                turns::measure(
                    ("adapter-sql", "events"),
                    &["backlog".as_ref(), "10000000".as_ref()],
                    &[database],
                    &turns::BACKLOG,
                )
            }
            Self::Http => {
                let database = services::postgres(install)?;
                let (shop, bare) = (shop()?, built::executable("build --release --package bare", "bare")?);
                let args = &["turns".as_ref(), shop.as_os_str(), bare.as_os_str()];
                turns::measure(("bare", "load"), args, &[database], &turns::HTTP)
            }
            Self::Ladder => {
                let services = [services::postgres(install)?, services::rabbitmq(install)?];
                let shop = shop()?;
                let args = &["ladder".as_ref(), shop.as_os_str()];
                turns::measure(("bare", "load"), args, &services, &turns::LADDER)
            }
            Self::Shop => shop::measure(&shop()?),
        }
    }
}

/// Measures everything wanted and prints one table. Fails if something could not be measured.
pub(crate) fn run(args: &Args) -> ExitCode {
    let install = if args.no_install { Install::Forbidden } else { Install::Allowed };
    let parts: Vec<Part> = Subject::value_variants()
        .iter()
        .filter(|it| it.wanted(&args.only))
        .map(|it| Part { title: it.title(), rows: it.measure(install) })
        .collect();
    println!("\n{}", table::render(&parts));
    if parts.iter().all(|part| part.rows.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_very_long_is_measured_only_when_it_is_named() {
        assert!(Subject::Events.wanted(&[]) && !Subject::Backlog.wanted(&[]));
        assert!(Subject::Backlog.wanted(&[Subject::Backlog]) && !Subject::Events.wanted(&[Subject::Backlog]));
    }
}
