//! A call over RabbitMQ: of a port, and of the same in bare lapin.
//!
//! Every server has a thread and a runtime of its own, and all clients share another. They take turns in one go; the
//! second bare pair is the control, and should compare as 1.00. The broker is a real one (`OUTGROW_TEST_RABBITMQ`).
//!
//! One line a row, for `cargo xtask bench`: its name, the figure, the bare one, and the median of their ratios.
#![expect(clippy::print_stdout, reason = "its figures are what it is for")]

mod bare;
mod ported;
#[path = "../../../grpc/benches/unary/pricing.rs"]
mod pricing;

use std::{env, process};

use outgrow_testkit::contest::{Contest, Contestants, Failure, apart, one_thread};

/// How often each order of the three is run.
const LAPS: usize = 5;

fn main() -> Result<(), Failure> {
    pricing::twin::sends_the_same()?;
    let url = env::var("OUTGROW_TEST_RABBITMQ");
    let url = url.unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let name = |who| format!("bench-{}-{who}", process::id());
    let broker = adapter_rabbitmq::Broker::new(&url, &name("port"))?;
    let bare = |who| {
        let (url, queue) = (url.clone(), name(who));
        apart(|serving| bare::serve(url, queue, serving))
    };
    let queues = (bare("bare")?, bare("again")?);
    let served = broker.clone();
    apart(|serving| ported::serve(served, serving))?;
    one_thread()?.block_on(async {
        let contestants = Contestants {
            bare: bare::Lapin::connect(&url, queues.0).await?,
            candidate: ported::connect(&broker).await,
            again: bare::Lapin::connect(&url, queues.1).await?,
        };
        for (name, contest) in [
            ("latency", Contest::Latency { calls: 300 }),
            ("throughput", Contest::Throughput { callers: 64, each: 20 }),
        ] {
            for row in contestants.compete(name, contest, LAPS).await? {
                println!("{row}");
            }
        }
        Ok(())
    })
}
