//! Events that leave an outbox for a broker: by the relay, and by bare lapin that has them in memory.
//!
//! Both publish windows of 128 persistent messages into a quorum queue of the same kind, and have each window confirmed
//! as a whole. The relay reads a window out of an outbox on PostgreSQL, publishes a copy to find
//! that no foreign consumer wants any, and settles it. The queue is emptied between turns.
//!
//! One line a row, for `cargo xtask bench`: its name, the figure, the bare one, and the median of their ratios.
//! PostgreSQL is at `OUTGROW_TEST_POSTGRES`, the broker at `OUTGROW_TEST_RABBITMQ`.
#![expect(clippy::print_stdout, reason = "its figures are what it is for")]
#![expect(clippy::float_arithmetic, reason = "per second is a quotient")]

mod bare;
mod outbox;

use std::{env, process};

use outgrow_testkit::contest::{Failure, Row, in_turns, one_thread};

/// How often each order of the three is run.
const LAPS: usize = 3;

/// How many events there are in a turn.
const EVENTS: u32 = 1_280;

/// How many are published at once.
const WINDOW: usize = 128;

fn main() -> Result<(), Failure> {
    let url = env::var("OUTGROW_TEST_RABBITMQ");
    let url = url.unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let prefix = format!("bench-{}", process::id());
    one_thread()?.block_on(async {
        let (bare, again) = (format!("{prefix}.bare"), format!("{prefix}.again"));
        let bare = bare::Publisher::connect(&url, bare).await?;
        let again = bare::Publisher::connect(&url, again).await?;
        let candidate = outbox::Publisher::connect(&url, &prefix).await?;
        let rounds = in_turns(LAPS, async |who| match who {
            0 => bare.publish().await,
            1 => candidate.publish().await,
            _ => again.publish().await,
        });
        let rounds = rounds.await;
        for publisher in [&bare, &again] {
            publisher.queue.delete().await?;
        }
        candidate.end().await?;
        for row in Row::both("relay", &rounds?) {
            println!("{row}");
        }
        Ok(())
    })
}
